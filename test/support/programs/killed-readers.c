/* Starts readers of a file, one after another, and kills each at a random moment of its reading;
 * prints how many. Usage: killed-readers FILE COUNT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_USEC = 2000 };

static void read_for_ever(const char *path)
{
	char buffer[4096];

	for (;;) {
		int fd = open(path, O_RDONLY);

		if (fd < 0)
			_exit(2);
		while (read(fd, buffer, sizeof(buffer)) > 0)
			;
		close(fd);
	}
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 0;
	int killed = 0;

	srand(1);
	while (killed < count) {
		int status;
		pid_t reader = fork();

		if (reader < 0)
			return 1;
		if (reader == 0)
			read_for_ever(argv[1]);
		usleep((useconds_t)(rand() % LONGEST_USEC));
		kill(reader, SIGKILL);
		if (waitpid(reader, &status, 0) < 0 || !WIFSIGNALED(status))
			return 1;
		killed++;
	}
	printf("%d\n", killed);
	return 0;
}
