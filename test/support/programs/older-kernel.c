/* Runs a command as on a kernel before Linux 5.6 and 6.9: there is no openat2(2), and /dev/fuse
 * knows no FUSE_NOTIFY_RESEND, which is the only write(2) of 16 bytes of a server that answers
 * with writev(2): older-kernel COMMAND... */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define FAIL(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

enum { OPENAT2 = 437, NOTIFICATION_BYTES = 16 };

int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		SKIP_UNLESS(OPENAT2, 1),
		FAIL(ENOSYS),
		SKIP_UNLESS(SYS_write, 3),
		LOAD(args[2]),
		SKIP_UNLESS(NOTIFICATION_BYTES, 1),
		FAIL(EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return 1;
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
