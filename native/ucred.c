/*
 * Tells which process is pid 1 of a pid namespace, as the caller's pid namespace numbers it, on
 * kernels without an ioctl for that. Standard input is the namespace; the answer goes to standard
 * output as one line, "pid NUMBER" or "errno NUMBER STEP", and nothing is waited for without limit:
 *
 *     $ ucred < /proc/4711/ns/pid
 *     pid 4700
 *
 * Only a member of the namespace can name its pid 1, and the kernel translates a pid only when it
 * travels in the credentials of a message. So this process, which stays outside, makes a child that
 * is born inside and sends one.
 *
 * Why C: it needs setns(2) and fork(2), which would change or copy the daemon itself, and a child
 * that can't be turned against the host by whoever rules the container.
 *
 * The child is visible in the container, and root there may stop, kill or trace it. All that it
 * would hold is CAP_SYS_ADMIN, which sending pid 1 as credentials takes: so before it is born, this
 * process gives up everything else and allows itself, and thereby the child, only the few system
 * calls that are still to come. One of these is the fork, which a tracer can repeat: whoever may trace
 * root's processes, in a container without a user namespace, can start more of what can do no more
 * than this child. What a traced child sends is the daemon's to verify, as any answer.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* For the child to send its message, and again for it to vanish once killed. Long enough for a
 * machine with far more to do than it can; only a tracer can use it up. */
static const struct timespec limit = { .tv_nsec = 500 * 1000000L };

/* The daemon's ends, and those of the socket pair between this process and its child. */
enum { NAMESPACE_FD = STDIN_FILENO, ANSWER_FD = STDOUT_FILENO, PARENT_FD = 3, CHILD_FD = 4 };

/* The answer is one write(2) of one line; the C library's buffers would need more system calls. */
static void answer(const char *text, int length)
{
	if (write(ANSWER_FD, text, (size_t)length) != length)
		_exit(1);
	_exit(0);
}

static void answer_pid(pid_t pid)
{
	char line[64];

	answer(line, snprintf(line, sizeof(line), "pid %d\n", pid));
}

static void fail(const char *step, int error)
{
	char line[64];

	answer(line, snprintf(line, sizeof(line), "errno %d %s\n", error, step));
}

/* Linux before 5.9 has no close_range(2). */
static void close_listed(int first)
{
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!fds)
		fail("opendir", errno);
	while ((entry = readdir(fds))) {
		int fd = atoi(entry->d_name);

		if (fd >= first && fd != dirfd(fds))
			close(fd);
	}
	closedir(fds);
}

static void close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
#endif
	close_listed(first);
}

/* Children are born in the namespace from here on; this process itself stays where it is. */
static void enter_namespace(void)
{
	if (setns(NAMESPACE_FD, CLONE_NEWPID) < 0)
		fail("setns", errno);
	close(NAMESPACE_FD);
}

static void make_sockets(void)
{
	int sockets[2];
	int on = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) < 0)
		fail("socketpair", errno);
	if (setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		fail("SO_PASSCRED", errno);
	/* The two lowest free ones are 0, closed above, and 2 or 3: moved to where they are expected. */
	if (dup2(sockets[1], CHILD_FD) < 0 || dup2(sockets[0], PARENT_FD) < 0)
		fail("dup2", errno);
	close(STDIN_FILENO);
	close(STDERR_FILENO);
}

static void keep_only_sys_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { { 0 }, { 0 } };
	int capability;

	/* Ends at the first number that the kernel does not know. Without CAP_SETPCAP it ends at
	 * once, which gives nothing away: the bounding set matters in execve(2) only, and that is
	 * not among the system calls that remain. */
	for (capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
		;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	sets[0].permitted = sets[0].effective = 1U << CAP_SYS_ADMIN;
	if (syscall(SYS_capset, &header, sets) < 0)
		fail("capset", errno);
}

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "add this architecture's AUDIT_ARCH_ constant; clone(2) must take the flags first"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define ALLOW_CALL(number) SKIP_UNLESS((number), 1), ALLOW

/* After this only what this process and its child still have to do is possible, for whoever
 * traces them as well: the kernel applies the filter to the call a tracer has put in. */
static void allow_only_the_rest(void)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		SKIP_UNLESS(NATIVE_ARCH, 1),
		LOAD(nr),
		/* The child. */
		ALLOW_CALL(SYS_sendmsg),
		ALLOW_CALL(SYS_exit_group),
		/* This process. */
		ALLOW_CALL(SYS_close),
		ALLOW_CALL(SYS_ppoll),
		ALLOW_CALL(SYS_rt_sigreturn),
		ALLOW_CALL(SYS_recvmsg),
		ALLOW_CALL(SYS_kill),
		ALLOW_CALL(SYS_rt_sigtimedwait),
		ALLOW_CALL(SYS_wait4),
		ALLOW_CALL(SYS_write),
		/* A plain fork, without namespaces of its own. */
		SKIP_UNLESS(SYS_clone, 3),
		LOAD(args[0]),
		SKIP_UNLESS(SIGCHLD, 1),
		ALLOW,
		KILL,
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		fail("seccomp", errno);
}

static void give_up_rights(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail("no_new_privs", errno);
	keep_only_sys_admin();
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		fail("dumpable", errno);
	allow_only_the_rest();
}

union credentials {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(struct ucred))];
};

/* The child's whole life. Its exit status is the errno of what failed. */
static void send_init_pid(const struct ucred *init)
{
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union credentials control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(*init)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_CREDENTIALS,
	} };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	*(struct ucred *)CMSG_DATA(&control.header) = *init;
	_exit(sendmsg(CHILD_FD, &message, MSG_NOSIGNAL) == 1 ? 0 : errno);
}

/* The raw call: fork(3) makes further system calls in the child. */
static pid_t fork_into_namespace(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

/* Below 0 is the errno of why there is none; 0, the child has ended or was stopped before. */
static pid_t receive_init_pid(void)
{
	struct pollfd socket = { .fd = PARENT_FD, .events = POLLIN };
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union credentials control;
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	sigset_t no_signals;

	sigemptyset(&no_signals);
	/* Interrupted when the child ends or is stopped; what it sent before is there then. */
	if (ppoll(&socket, 1, &limit, &no_signals) == 0)
		return -ETIMEDOUT;
	if (recvmsg(PARENT_FD, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return 0;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_CREDENTIALS)
		return -EPROTO;
	return ((struct ucred *)CMSG_DATA(header))->pid;
}

/* Ends the child, whatever was done to it, and waits for that as long as the limit: a tracer can
 * keep a dead one from its parent, and pid 1 reaps that later. The errno that the child ended with,
 * or ECANCELED when it was killed. */
static int reap(pid_t child, const sigset_t *child_signal)
{
	pid_t reaped;
	int status;

	kill(child, SIGKILL);
	while ((reaped = waitpid(child, &status, WNOHANG)) == 0)
		if (sigtimedwait(child_signal, NULL, &limit) < 0)
			break;
	return reaped == child && WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED;
}

static void do_nothing(int signal_number)
{
	(void)signal_number;
}

int main(void)
{
	const struct ucred init = { .pid = 1, .uid = geteuid(), .gid = getegid() };
	sigset_t child_signal;
	pid_t child;
	pid_t init_pid;
	int error;

	close_from(STDERR_FILENO + 1);
	/* Comes only when it is waited for; then it interrupts, which it would not if it were ignored. */
	sigemptyset(&child_signal);
	sigaddset(&child_signal, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_signal, NULL);
	signal(SIGCHLD, do_nothing);

	enter_namespace();
	make_sockets();
	give_up_rights();

	child = fork_into_namespace();
	if (child < 0)
		fail("fork", errno);
	if (child == 0)
		send_init_pid(&init);
	/* So that the child's end closes with the child. */
	close(CHILD_FD);
	init_pid = receive_init_pid();
	error = reap(child, &child_signal);
	if (init_pid > 0)
		answer_pid(init_pid);
	fail("send", init_pid < 0 ? -init_pid : error);
}
