/*
 * The host's own /proc and /sys, opened so that no path leads to this server's own mount, which
 * could not answer while it waits for itself: nothing below the two directories that is mounted
 * there is ever entered.
 */
#ifndef HOST_FILES_H
#define HOST_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* /proc; and /sys/devices/system, -1 where the host has none. */
static int proc_fd = -1, system_fd = -1;

/* Linux 5.6; the number is the same on all architectures. */
#define OPENAT2_CALL 437
#define STAY_ON_MOUNT 0x01 /* RESOLVE_NO_XDEV */
#define NO_MAGIC_LINKS 0x02

/* Longer texts are refused. Untouched pages of it take no memory. */
#define TEXT_BYTES (4 * 1024 * 1024)
/* What a text of the usual size may leave behind. */
#define TEXT_BYTES_KEPT (64 * 1024)
static char *text;

/* As getdents64(2) gives them. */
struct raw_dirent {
	uint64_t inode;
	uint64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static long mount_id_of(int fd)
{
	char path[48], lines[512];
	int info;
	ssize_t length;

	snprintf(path, sizeof(path), "self/fdinfo/%d", fd);
	info = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -1;
	length = read(info, lines, sizeof(lines) - 1);
	close(info);
	lines[length > 0 ? length : 0] = 0;
	char *line = strstr(lines, "mnt_id:");
	return line ? strtol(line + strlen("mnt_id:"), NULL, 10) : -1;
}

/* One name further, looked at with O_PATH, which asks no file system for anything. */
static int step_below(int directory, const char *name, int flags)
{
	int fd = openat(directory, name, O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW));

	if (fd < 0)
		return -1;
	if (mount_id_of(fd) != mount_id_of(directory)) {
		close(fd);
		errno = EXDEV;
		return -1;
	}
	return fd;
}

/* As openat2(2) with RESOLVE_NO_XDEV, on kernels that have none. */
static int open_step_by_step(int directory, const char *path, int flags)
{
	char names[512], self[48], *rest = names, *name;
	int fd = directory;

	if (snprintf(names, sizeof(names), "%s", path) >= (int)sizeof(names)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	while ((name = strsep(&rest, "/"))) {
		int next = step_below(fd, name, rest ? 0 : flags);
		int error = errno;

		if (fd != directory)
			close(fd);
		if (next < 0) {
			errno = error;
			return -1;
		}
		fd = next;
	}
	if (flags & O_PATH)
		return fd;
	snprintf(self, sizeof(self), "self/fd/%d", fd);
	int opened = openat(proc_fd, self, (flags & ~O_NOFOLLOW) | O_CLOEXEC);
	int error = errno;
	close(fd);
	errno = error;
	return opened;
}

static int open_below(int directory, const char *path, int flags)
{
	struct { uint64_t flags, mode, resolve; } how = {
		.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = STAY_ON_MOUNT | NO_MAGIC_LINKS,
	};
	static bool is_missing;

	if (!is_missing) {
		long fd = syscall(OPENAT2_CALL, directory, path, &how, sizeof(how));

		/* EPERM: filters of system calls that are older than it. */
		if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
			return (int)fd;
		is_missing = errno == ENOSYS;
	}
	return open_step_by_step(directory, path, flags);
}

static bool stat_below(int directory, const char *path, int flags, struct stat *stat)
{
	int fd = open_below(directory, path, O_PATH | flags);
	bool is_there = fd >= 0 && fstatat(fd, "", stat, AT_EMPTY_PATH) == 0;

	if (fd >= 0)
		close(fd);
	return is_there;
}

/* The whole text into `text`: its length, or below 0 the errno. */
static long read_text(int directory, const char *path)
{
	int fd = open_below(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	long length = 0;
	ssize_t count;

	if (fd < 0)
		return -errno;
	do {
		count = read(fd, text + length, (size_t)(TEXT_BYTES - length));
		if (count > 0)
			length += count;
	} while (count > 0 || (count < 0 && errno == EINTR));
	/* The text would not fit, or just so. */
	if (length == TEXT_BYTES)
		count = -1, errno = EFBIG;
	int error = errno;
	close(fd);
	return count < 0 ? -error : length;
}

static void forget_text(long length)
{
	if (length > TEXT_BYTES_KEPT)
		madvise(text + TEXT_BYTES_KEPT, TEXT_BYTES - TEXT_BYTES_KEPT, MADV_DONTNEED);
}

static bool is_of_type(int fd, long type)
{
	struct statfs stat;

	return fstatfs(fd, &stat) == 0 && stat.f_type == type;
}

/* False when this is no host, or not enough of it. */
static bool open_host(void)
{
	int sys_fd = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	text = mmap(NULL, TEXT_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (text == MAP_FAILED || !is_of_type(proc_fd, PROC_SUPER_MAGIC))
		return false;
	if (sys_fd >= 0 && is_of_type(sys_fd, SYSFS_MAGIC))
		system_fd = open_below(sys_fd, "devices/system", O_PATH | O_DIRECTORY);
	if (sys_fd >= 0)
		close(sys_fd);
	return true;
}

#endif
