/* A process with a second thread; with an argument, one whose first thread exits, at once or, with
 * a second argument, on SIGUSR1. */
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static void *sleep_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	sigset_t signals;
	int received;

	(void)argv;
	/* Blocked in both threads, so that it only ever ends the wait below. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (pthread_create(&thread, NULL, sleep_for_ever, NULL) != 0)
		return 1;
	if (argc > 2)
		sigwait(&signals, &received);
	if (argc > 1)
		pthread_exit(NULL);
	sleep_for_ever(NULL);
	return 0;
}
