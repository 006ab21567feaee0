/*
 * Many containers at once: for each a cgroup, a pid namespace and a process with threads that
 * sleep, which reads one file once it runs. In the first of them, its own thread is busy instead.
 *
 *   crowd PARENT-CGROUP NAME CONTAINERS THREADS FILE
 *
 * The cgroups are NAME-0, NAME-1, ... in PARENT-CGROUP. It prints "ready" when all have read
 * the file. For each line on stdin the first container reads it once more, and what that read is
 * printed. At the end of stdin the containers end and their cgroups are removed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct crowd {
	const char *parent, *name, *file;
	int containers, threads;
};

static void fail(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void path_of(const struct crowd *crowd, int index, const char *file, char path[512])
{
	snprintf(path, 512, "%s/%s-%d%s", crowd->parent, crowd->name, index, file);
}

static void join(const struct crowd *crowd, int index)
{
	char path[512];
	int fd;

	path_of(crowd, index, "/cgroup.procs", path);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1)
		fail(path);
	close(fd);
}

static ssize_t read_file(const char *path, char *into, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, into, size - 1);

	if (length < 0)
		fail(path);
	into[length] = '\0';
	close(fd);
	return length;
}

static void *sleep_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static void start_threads(int count)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 * 1024);
	while (count-- > 0)
		if (pthread_create(&thread, &attributes, sleep_for_ever, NULL) != 0)
			fail("pthread_create");
}

static void run_container(const struct crowd *crowd, int index, int ready)
{
	char text[256];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	join(crowd, index);
	start_threads(crowd->threads - 1);
	read_file(crowd->file, text, sizeof text);
	if (write(ready, "r", 1) != 1)
		fail("write");
	if (index == 0)
		for (;;)
			;
	sleep_for_ever(NULL);
}

/* In a pid namespace of its own; returns its pid. */
static pid_t start_container(const struct crowd *crowd, int index)
{
	char path[512], answer;
	int ready[2];
	pid_t pid;

	path_of(crowd, index, "", path);
	if (mkdir(path, 0755) != 0 || pipe(ready) != 0)
		fail(path);
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		fail("clone");
	if (pid == 0) {
		close(ready[0]);
		run_container(crowd, index, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &answer, 1) != 1)
		fail("a container ended");
	close(ready[0]);
	return pid;
}

/* What a member of the first container reads at this moment. */
static void read_in_first(const struct crowd *crowd, pid_t first)
{
	char path[64], text[256];
	int fd;
	pid_t pid;

	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)first);
	fd = open(path, O_RDONLY);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (setns(fd, CLONE_NEWPID) != 0)
			fail("setns");
		pid = fork();
		if (pid == 0) {
			join(crowd, 0);
			read_file(crowd->file, text, sizeof text);
			printf("%s", text);
			exit(0);
		}
		waitpid(pid, NULL, 0);
		exit(0);
	}
	close(fd);
	waitpid(pid, NULL, 0);
}

static void end_container(const struct crowd *crowd, int index, pid_t pid)
{
	char path[512];

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	path_of(crowd, index, "", path);
	for (int tries = 0; rmdir(path) != 0 && errno == EBUSY && tries < 1000; tries++)
		usleep(1000);
}

int main(int argc, char **argv)
{
	struct crowd crowd;
	pid_t *pids;
	char line[16];

	if (argc != 6) {
		fprintf(stderr, "crowd PARENT-CGROUP NAME CONTAINERS THREADS FILE\n");
		return 2;
	}
	crowd = (struct crowd){ argv[1], argv[2], argv[5], atoi(argv[3]), atoi(argv[4]) };
	pids = calloc((size_t)crowd.containers, sizeof *pids);
	for (int index = 0; index < crowd.containers; index++)
		pids[index] = start_container(&crowd, index);
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin) != NULL)
		read_in_first(&crowd, pids[0]);
	for (int index = 0; index < crowd.containers; index++)
		end_container(&crowd, index, pids[index]);
	return 0;
}
