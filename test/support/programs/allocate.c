/* Takes memory in steps of 1 MiB, and then holds it: allocate MIB. Prints a line before the first
 * and after the last step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEP_BYTES = 1024 * 1024, PAUSE_USEC = 20000 };

int main(int argc, char **argv)
{
	int steps = argc > 1 ? atoi(argv[1]) : 0;

	puts("begins");
	fflush(stdout);
	for (int step = 0; step < steps; step++) {
		char *memory = malloc(STEP_BYTES);

		if (memory == NULL)
			return 1;
		/* Written with something else than zeroes, or it would be one shared page. */
		memset(memory, step + 1, STEP_BYTES);
		usleep(PAUSE_USEC);
	}
	puts("holds");
	fflush(stdout);
	for (;;)
		pause();
}
