/*
 * Runs a command as a kernel would run it that lacks these features:
 *
 *     old-kernel FEATURE... -- COMMAND
 *
 * where FEATURE is a system call (open_tree, openat2, mount_setattr), which then fails with ENOSYS,
 * or "beneath": MOVE_MOUNT_BENEATH of move_mount(2), which then fails with EINVAL.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { OPEN_TREE = 428, MOVE_MOUNT = 429, OPENAT2 = 437, MOUNT_SETATTR = 442, BENEATH = 0x200 };

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define JUMP(kind, value, yes, no) BPF_JUMP(BPF_JMP | (kind) | BPF_K, (value), (yes), (no))
#define FAIL(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

static struct sock_filter filter[64];
static unsigned short length;

static void add(struct sock_filter instruction)
{
	filter[length++] = instruction;
}

static void refuse_call(unsigned int number)
{
	add((struct sock_filter)JUMP(BPF_JEQ, number, 0, 1));
	add((struct sock_filter)FAIL(ENOSYS));
}

static void refuse_beneath(void)
{
	add((struct sock_filter)JUMP(BPF_JEQ, MOVE_MOUNT, 0, 4));
	/* The lower half of the fifth argument, on machines that are little-endian. */
	add((struct sock_filter)LOAD(offsetof(struct seccomp_data, args[4])));
	add((struct sock_filter)JUMP(BPF_JSET, BENEATH, 0, 1));
	add((struct sock_filter)FAIL(EINVAL));
	add((struct sock_filter)LOAD(offsetof(struct seccomp_data, nr)));
}

int main(int argc, char **argv)
{
	struct sock_fprog program = { .filter = filter };
	int at;

	add((struct sock_filter)LOAD(offsetof(struct seccomp_data, nr)));
	for (at = 1; at < argc && strcmp(argv[at], "--") != 0; at++) {
		if (strcmp(argv[at], "open_tree") == 0)
			refuse_call(OPEN_TREE);
		else if (strcmp(argv[at], "openat2") == 0)
			refuse_call(OPENAT2);
		else if (strcmp(argv[at], "mount_setattr") == 0)
			refuse_call(MOUNT_SETATTR);
		else
			refuse_beneath();
	}
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	program.len = length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 || at + 1 >= argc) {
		perror("old-kernel");
		return 1;
	}
	execvp(argv[at + 1], argv + at + 1);
	perror(argv[at + 1]);
	return 1;
}
