/*
 * The fds that outlive servers, by name, and how they go from one program to the next: as
 * sd_listen_fds_with_names(3) finds them, fds 3, 4, ... with their names in the environment.
 */
#ifndef KEPT_FDS_H
#define KEPT_FDS_H

#include "holder-log.h"
#include "manager-above.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define MOST_FDS 2048
#define NAME_BYTES 64
#define FIRST_FD 3
/* At the least: a start takes twice the fds that are kept. */
#define FEWEST_FDS 65536

struct named_fd {
	int fd;
	char name[NAME_BYTES];
};

static struct named_fd kept[MOST_FDS];
static int kept_count;

static int index_of(const char *name)
{
	for (int i = 0; i < kept_count; i++)
		if (strcmp(kept[i].name, name) == 0)
			return i;
	return -1;
}

static bool are_same(int one, int other)
{
	return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, one, other) == 0;
}

/* The place that the fd was given, -1 if there is none. An fd is taken in any case. */
static int place_fd(const char *name, int fd)
{
	int at = index_of(name);
	if (at >= 0)
		close(kept[at].fd);
	else if (kept_count < MOST_FDS)
		at = kept_count++;
	if (at < 0) {
		say(50, "cannot keep another fd");
		close(fd);
		return -1;
	}
	kept[at].fd = fd;
	snprintf(kept[at].name, NAME_BYTES, "%s", name);
	return at;
}

static void keep(const char *name, int fd)
{
	int at = index_of(name);
	if (at >= 0 && are_same(kept[at].fd, fd)) {
		close(fd);
		return;
	}
	/* Of one name systemd would keep both. */
	bool is_told = at < 0 || drop_above(name);
	if (place_fd(name, fd) >= 0 && !(store_above(name, fd) && is_told))
		say(50, "cannot leave %s to the service manager: %s", name, strerror(errno));
}

static void drop(const char *name)
{
	int at = index_of(name);
	if (at < 0)
		return;
	int fd = kept[at].fd;
	kept[at] = kept[--kept_count];
	if (!drop_above(name))
		say(50, "cannot take %s from the service manager", name);
	close(fd);
}

/* Whether a name is of the way between holder and server, which is another for each server. */
static bool is_of_server(const char *name)
{
	return strcmp(name, "go") == 0 || strcmp(name, "notify") == 0;
}

/* What a manager before this process passed; if it is the one above, it has them all already. */
static void take_listen_fds(void)
{
	const char *count_text = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
	const char *pid_text = getenv("LISTEN_PID");
	if (pid_text && atoi(pid_text) != getpid())
		return;
	int count = count_text ? atoi(count_text) : 0;
	for (int i = 0; i < count && names; i++) {
		char name[NAME_BYTES];
		size_t length = strcspn(names, ":");
		snprintf(name, sizeof name, "%.*s", (int)length, names);
		int fd = fcntl(FIRST_FD + i, F_DUPFD_CLOEXEC, FIRST_FD + MOST_FDS);
		if (fd < 0)
			fd = fcntl(FIRST_FD + i, F_DUPFD_CLOEXEC, FIRST_FD + count);
		if (fd >= 0 && is_of_server(name))
			close(fd);
		else if (fd >= 0)
			place_fd(name, fd);
		close(FIRST_FD + i);
		names += length;
		if (*names == ':')
			names++;
	}
}

static bool is_kept(int fd)
{
	for (int i = 0; i < kept_count; i++)
		if (kept[i].fd == fd)
			return true;
	return false;
}

/* What else was open where this was started is for no program that enters a container, and who
 * waits for its end shall not wait for this process's. */
static void close_others(void)
{
	DIR *fds = opendir("/proc/self/fd");
	if (fds == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(fds));) {
		int fd = atoi(entry->d_name);
		if (fd >= FIRST_FD && fd != dirfd(fds) && fd != above.fd && !is_kept(fd))
			close(fd);
	}
	closedir(fds);
}

/* A string of the environment that lives as long as the process. */
static void set_number(const char *name, long long value)
{
	char text[32];
	snprintf(text, sizeof text, "%lld", value);
	setenv(name, text, 1);
}

/* In a child, or before this process becomes another program: the kept fds become 3, 4, ..., then
 * those of `more`. */
static void pass_fds(const struct named_fd *more, int more_count)
{
	static int high[MOST_FDS + 2];
	static char names[(MOST_FDS + 2) * (NAME_BYTES + 1)];
	int count = kept_count + more_count;
	size_t length = 0;
	for (int i = 0; i < count; i++) {
		const struct named_fd *passed = i < kept_count ? &kept[i] : &more[i - kept_count];
		/* Out of the way first: an fd may already have the number of another one. */
		high[i] = fcntl(passed->fd, F_DUPFD_CLOEXEC, FIRST_FD + count);
		if (high[i] < 0)
			_exit(126);
		length += snprintf(names + length, sizeof names - length, "%s%s", i ? ":" : "",
				   passed->name);
	}
	for (int i = 0; i < count; i++)
		if (dup2(high[i], FIRST_FD + i) < 0)
			_exit(126);
	set_number("LISTEN_FDS", count);
	set_number("LISTEN_PID", getpid());
	setenv("LISTEN_FDNAMES", names, 1);
}

/* Containers cost fds: as many as this process may allow itself. */
static void raise_fd_limit(void)
{
	struct rlimit limit, more;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	more.rlim_cur = more.rlim_max = limit.rlim_max > FEWEST_FDS ? limit.rlim_max : FEWEST_FDS;
	if (setrlimit(RLIMIT_NOFILE, &more) < 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0)
		errno = 0;
}

#endif
