/* Many readers at once: read-loop READERS SECONDS MEMTOTAL_KIB [BUFFER_BYTES]. Each reads
 * /proc/meminfo, /proc/stat and /proc/uptime in turn, and checks that each is whole and that
 * MemTotal is as expected (0: any). Prints how often all three were read, or what was wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_TEXT = 1 << 20 };

static char text[LONGEST_TEXT];
static size_t buffer_bytes = sizeof(text) - 1;

static void fail(const char *path, const char *problem)
{
	printf("%s: %s: %.120s\n", path, problem, text);
	fflush(stdout);
	_exit(1);
}

static void read_text(const char *path)
{
	size_t total = 0;
	ssize_t length;
	int fd = open(path, O_RDONLY);

	text[0] = '\0';
	if (fd < 0)
		fail(path, strerror(errno));
	do {
		size_t room = sizeof(text) - 1 - total;

		length = read(fd, text + total, room < buffer_bytes ? room : buffer_bytes);
		if (length < 0)
			fail(path, strerror(errno));
		total += (size_t)length;
	} while (length > 0);
	text[total] = '\0';
	close(fd);
	if (total == 0 || text[total - 1] != '\n')
		fail(path, "no whole text");
}

static void check_all(long total_kib)
{
	long kib;
	double age, idle;

	read_text("/proc/meminfo");
	if (sscanf(text, "MemTotal: %ld kB\n", &kib) != 1 || (total_kib && kib != total_kib))
		fail("/proc/meminfo", "another MemTotal");
	if (strstr(text, "\nDirectMap") == NULL && strstr(text, "\nHugepagesize") == NULL)
		fail("/proc/meminfo", "no last lines");
	read_text("/proc/stat");
	if (strncmp(text, "cpu  ", 5) != 0 || strstr(text, "\nsoftirq ") == NULL)
		fail("/proc/stat", "no whole text");
	read_text("/proc/uptime");
	if (sscanf(text, "%lf %lf\n", &age, &idle) != 2)
		fail("/proc/uptime", "no two numbers");
}

static void loop(time_t end, long total_kib, long *count)
{
	do {
		check_all(total_kib);
		__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	} while (time(NULL) < end);
	_exit(0);
}

int main(int argc, char **argv)
{
	int failed = 0;
	int status;
	long *count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);

	if (argc < 4 || count == MAP_FAILED)
		return 2;
	if (argc > 4)
		buffer_bytes = (size_t)atol(argv[4]);
	for (int reader = 0; reader < atoi(argv[1]); reader++)
		if (fork() == 0)
			loop(time(NULL) + atol(argv[2]), atol(argv[3]), count);
	while (wait(&status) > 0)
		if (status != 0)
			failed = 1;
	printf("%ld\n", *count);
	return failed;
}
