/*
 * What host-server is as a process: its rights, its signals, and whom it tells that it serves.
 */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include "connection.h"
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

enum { USAGE = 2 };

/* Becomes readable when this process shall end. */
static int signal_fd = -1;

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
	char reason[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	say("%s", reason);
	exit(USAGE);
}

/* Reads what only root may, and as a keeper looks into all namespaces and unmounts. */
static void give_up_rights(bool is_keeper)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { { 0 }, { 0 } };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_capget, &header, sets) < 0)
		return;
	uint32_t wanted = 1U << CAP_DAC_READ_SEARCH;
	if (is_keeper)
		wanted |= 1U << CAP_SYS_PTRACE | 1U << CAP_SYS_ADMIN | 1U << CAP_DAC_OVERRIDE;
	sets[0].permitted = sets[0].effective = sets[0].permitted & wanted;
	sets[1].permitted = sets[1].effective = 0;
	sets[0].inheritable = sets[1].inheritable = 0;
	syscall(SYS_capset, &header, sets);
}

static void do_nothing(int signal_number)
{
	(void)signal_number;
}

static void set_up_process(void)
{
	struct sigaction interrupt = { .sa_handler = do_nothing };
	sigset_t ends;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_NAME, "nsproc-host");
	/* A huge page is more than all that is used here. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	if (chdir("/") < 0)
		fail("cannot enter /: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	/* Without SA_RESTART: it is there to interrupt; see serve_one(). */
	sigaction(SIGALRM, &interrupt, NULL);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What started this process, and who reads its log, is not kept waiting for its end. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

/* To the holder, in words of sd_notify(3). */
static void tell_ready(int notify_fd)
{
	static const char ready[] = "READY=1\nSTATUS=answering from the host's files\n";

	if (notify_fd >= 0 && send(notify_fd, ready, strlen(ready), MSG_NOSIGNAL) < 0)
		say("cannot reach the holder: %s", strerror(errno));
}

#endif
