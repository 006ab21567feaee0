/* Makes a pid namespace whose init has ended and is not reaped; prints init's pid, and waits for
 * the end of its input. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	siginfo_t end;
	char byte;
	pid_t init;

	if (unshare(CLONE_NEWPID) < 0)
		return 1;
	init = fork();
	if (init == 0)
		_exit(0);
	if (waitid(P_PID, (id_t)init, &end, WEXITED | WNOWAIT) < 0)
		return 1;
	printf("%d\n", init);
	fflush(stdout);
	return read(STDIN_FILENO, &byte, 1) < 0;
}
