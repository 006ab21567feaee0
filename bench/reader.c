/*
 * The reader of the benchmark. It runs inside the container, so that what is
 * measured is what a program there sees, without a JavaScript engine around it.
 *
 * One command a line on stdin, one line of numbers a command on stdout:
 *   read PATH COUNT          COUNT latencies of open, read to the end, close (ns)
 *   load PATH READERS MSEC   reads done by READERS processes, and how long they took (ns)
 *   first PATH               the first number in the file, cut to an integer
 *   cpu PID                  CPU time that all threads of PID have used (ns)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Large enough for one read and the one that finds the end of the file. */
static char buffer[64 * 1024];

static void fail(const char *what)
{
	fprintf(stderr, "reader: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(clockid_t clock)
{
	struct timespec t;
	if (clock_gettime(clock, &t) != 0)
		fail("clock_gettime");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void read_file(const char *path)
{
	ssize_t got;
	size_t total = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	while ((got = read(fd, buffer, sizeof buffer)) > 0)
		total += (size_t)got;
	if (got < 0)
		fail(path);
	close(fd);
	if (total == 0) {
		errno = ENODATA;
		fail(path);
	}
}

static void command_read(const char *path, unsigned long count)
{
	uint64_t *latency = malloc((count + 1) * sizeof *latency);
	if (latency == NULL)
		fail("malloc");
	for (unsigned long i = 0; i < count; i++) {
		uint64_t start = now(CLOCK_MONOTONIC);
		read_file(path);
		latency[i] = now(CLOCK_MONOTONIC) - start;
	}
	for (unsigned long i = 0; i < count; i++)
		printf("%s%llu", i == 0 ? "" : " ", (unsigned long long)latency[i]);
	putchar('\n');
	free(latency);
}

static void command_load(const char *path, unsigned long readers, unsigned long msec)
{
	_Atomic uint64_t *done = mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED)
		fail("mmap");
	uint64_t start = now(CLOCK_MONOTONIC);
	uint64_t end = start + msec * 1000000u;
	for (unsigned long i = 0; i < readers; i++) {
		pid_t pid = fork();
		if (pid < 0)
			fail("fork");
		if (pid == 0) {
			uint64_t reads = 0;
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (; now(CLOCK_MONOTONIC) < end; reads++)
				read_file(path);
			atomic_fetch_add(done, reads);
			_exit(0);
		}
	}
	for (unsigned long i = 0; i < readers; i++) {
		int status;
		if (wait(&status) < 0 || status != 0)
			fail("a parallel reader");
	}
	printf("%llu %llu\n", (unsigned long long)*done,
	       (unsigned long long)(now(CLOCK_MONOTONIC) - start));
	munmap((void *)done, sizeof *done);
}

static void command_first(const char *path)
{
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (got = read(fd, buffer, sizeof buffer - 1)) < 0)
		fail(path);
	close(fd);
	buffer[got] = '\0';
	printf("%lu\n", strtoul(buffer + strcspn(buffer, "0123456789"), NULL, 10));
}

static void command_cpu(pid_t pid)
{
	/* /proc/PID/stat counts in ticks of 10 ms; this clock counts nanoseconds, and
	 * unlike the sum of task/N/schedstat it keeps the time of threads that ended. */
	clockid_t clock;
	errno = clock_getcpuclockid(pid, &clock);
	if (errno != 0)
		fail("clock_getcpuclockid");
	printf("%llu\n", (unsigned long long)now(clock));
}

int main(void)
{
	char line[4096 + 64], path[4096];
	unsigned long a, b;
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (sscanf(line, "read %4095s %lu", path, &a) == 2) {
			command_read(path, a);
		} else if (sscanf(line, "load %4095s %lu %lu", path, &a, &b) == 3) {
			command_load(path, a, b);
		} else if (sscanf(line, "first %4095s", path) == 1) {
			command_first(path);
		} else if (sscanf(line, "cpu %lu", &a) == 1) {
			command_cpu((pid_t)a);
		} else {
			errno = EINVAL;
			fail(line);
		}
		fflush(stdout);
	}
	return 0;
}
