/* Computes until it has used so much CPU time: spin MSEC. */
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	long wanted_msec = argc > 1 ? atol(argv[1]) : 0;
	struct timespec used;

	do {
		/* Long enough between two questions to be nearly all user time. */
		for (volatile int i = 0; i < 100000; i++)
			;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	} while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < wanted_msec);
	return 0;
}
