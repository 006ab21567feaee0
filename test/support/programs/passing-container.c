/* A container that comes, reads each of its files twice, and goes: its own pid and mount
 * namespaces, in cgroups that exist, with nothing of a shell or of mount(8), so that many can come.
 *
 * Usage: passing-container MEMTOTAL_KIB CGROUP_PROCS... -- (SOURCE TARGET)...
 *
 * Prints lines: "first USEC..." and "again USEC..." with what each whole text took, "error PATH
 * REASON" and "wrong PATH REASON". The status is 0 unless the container could not be made. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_TEXT = 1 << 18 };

static char text[LONGEST_TEXT];

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

static long long now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void join(const char *procs)
{
	int fd = open(procs, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		fail(procs);
	close(fd);
}

/* The errno of what failed, 0 when the whole text was read. */
static int read_text(const char *path)
{
	size_t total = 0;
	ssize_t length = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	text[0] = '\0';
	if (fd < 0)
		return errno;
	while (length > 0 && total < sizeof(text) - 1) {
		length = read(fd, text + total, sizeof(text) - 1 - total);
		if (length > 0)
			total += (size_t)length;
	}
	int error = length < 0 ? errno : 0;
	text[total] = '\0';
	close(fd);
	return error;
}

static const char *fault_of(const char *path, long long wanted_kib)
{
	size_t length = strlen(text);
	long long kib = -1;

	if (length == 0 || text[length - 1] != '\n')
		return "no whole text";
	if (strcmp(path, "/proc/meminfo") == 0 &&
	    (sscanf(text, "MemTotal: %lld kB\n", &kib) != 1 || kib != wanted_kib))
		return "not the container's MemTotal";
	return NULL;
}

static void read_all(const char *round, char **pairs, long long wanted_kib)
{
	char faults[4096] = "";

	printf("%s", round);
	for (; *pairs; pairs += 2) {
		const char *path = pairs[1];
		long long begin_usec = now_usec();
		int error = read_text(path);

		printf(" %lld", now_usec() - begin_usec);
		const char *fault = error ? strerror(error) : fault_of(path, wanted_kib);
		size_t used = strlen(faults);
		if (fault)
			snprintf(faults + used, sizeof(faults) - used, "%s %s %s\n",
				 error ? "error" : "wrong", path, fault);
	}
	printf("\n%s", faults);
}

static int live(char **pairs, long long wanted_kib)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL))
		fail("mount /proc");
	for (char **pair = pairs; *pair; pair += 2)
		if (mount(pair[0], pair[1], NULL, MS_BIND, NULL))
			fail(pair[1]);
	read_all("first", pairs, wanted_kib);
	read_all("again", pairs, wanted_kib);
	fflush(stdout);
	return 0;
}

int main(int count, char **arguments)
{
	int at = 2, status = 0;

	for (; at < count && strcmp(arguments[at], "--") != 0; at++)
		join(arguments[at]);
	if (at >= count || (count - at - 1) % 2 != 0)
		return 2;
	if (unshare(CLONE_NEWNS | CLONE_NEWPID))
		fail("unshare");
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		return live(arguments + at + 1, atoll(arguments[1]));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}
