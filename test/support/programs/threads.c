/* A process with a second thread; with an argument, one whose first thread has exited. */
#include <pthread.h>
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

	(void)argv;
	if (pthread_create(&thread, NULL, sleep_for_ever, NULL) != 0)
		return 1;
	if (argc > 1)
		pthread_exit(NULL);
	sleep_for_ever(NULL);
	return 0;
}
