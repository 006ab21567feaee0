/* Makes reads in the order of its arguments, on two open files of the same path, and prints what
 * each of them got, with a form feed behind it: reads PATH FD:BYTES[@OFFSET]... where FD is 0 or
 * 1, and a read with an offset is a pread(2). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_READ = 1 << 20 };

int main(int argc, char **argv)
{
	static char buffer[LONGEST_READ];
	int fds[2];

	if (argc < 2)
		return 2;
	fds[0] = open(argv[1], O_RDONLY);
	fds[1] = open(argv[1], O_RDONLY);
	if (fds[0] < 0 || fds[1] < 0)
		return 1;
	for (int index = 2; index < argc; index++) {
		int fd = fds[argv[index][0] == '1'];
		size_t bytes = (size_t)atol(argv[index] + 2);
		const char *at = strchr(argv[index], '@');
		ssize_t length = at == NULL ? read(fd, buffer, bytes) :
					      pread(fd, buffer, bytes, atol(at + 1));

		if (length < 0)
			printf("error");
		else
			fwrite(buffer, 1, (size_t)length, stdout);
		putchar('\f');
	}
	return 0;
}
