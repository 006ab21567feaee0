/*
 * Pid namespaces that live at the same time. Each has one process, its init, which sleeps.
 *
 *   namespaces COUNT
 *
 * It prints the pids of COUNT inits, one a line. Then, for each line on stdin, it prints one:
 *   fresh    the pid of the init of one more, which nobody has ever looked at
 *   end      0, when the one made last has ended
 * All of them end with it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "namespaces: %s: %s\n", what, strerror(errno));
	exit(1);
}

static pid_t start_init(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid < 0)
		fail("clone");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Its parent, seen from inside, is 0 as long as it lives. */
		for (;;)
			pause();
	}
	return pid;
}

static void end_init(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	int count = argc == 2 ? atoi(argv[1]) : -1;
	pid_t last = 0;
	char line[16];

	if (count < 0) {
		fprintf(stderr, "namespaces COUNT\n");
		return 2;
	}
	while (count-- > 0)
		printf("%d\n", (int)start_init());
	fflush(stdout);
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (strcmp(line, "fresh\n") == 0) {
			last = start_init();
			printf("%d\n", (int)last);
		} else {
			end_init(last);
			printf("0\n");
		}
		fflush(stdout);
	}
	return 0;
}
