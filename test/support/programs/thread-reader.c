/* Prints a file that a second thread opens and reads; with a second argument, after the first
 * thread has exited. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_t first_thread;
static int has_first_thread_exited;

static void *copy_file(void *path)
{
	char buffer[65536];
	ssize_t length;
	int fd;

	if (has_first_thread_exited)
		pthread_join(first_thread, NULL);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		exit(2);
	while ((length = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(STDOUT_FILENO, buffer, (size_t)length) != length)
			exit(3);
	exit(length < 0 ? 4 : 0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 2)
		return 1;
	first_thread = pthread_self();
	has_first_thread_exited = argc > 2;
	if (pthread_create(&thread, NULL, copy_file, argv[1]) != 0)
		return 1;
	if (has_first_thread_exited)
		pthread_exit(NULL);
	pthread_join(thread, NULL);
	return 1;
}
