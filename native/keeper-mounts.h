/*
 * Whether any container still has files of the mount point: looked for in the mounts of every
 * process, one process at a time, between two requests.
 *
 * A mount counts unless it is the whole file system at its own place, which copies of the host's
 * mount namespace have as well, perhaps below a directory of theirs.
 */
#ifndef KEEPER_MOUNTS_H
#define KEEPER_MOUNTS_H

#include "host-files.h"
#include <sys/mount.h>

enum { DEVICE_BYTES = 24, MOST_SEEN = 1024, LINE_BYTES = 16 * 1024 };

/* A file system and where it belongs, as mountinfo has them. */
struct kept_mount {
	char device[DEVICE_BYTES];
	char place[4096 * 2];
};

static struct kept_mount kept_tree, kept_pressure;
static const char *kept_mount_point;

/* A scan of /proc that is under way. */
static int scan_fd = -1;
static _Alignas(8) char scan_entries[4096];
static long scan_at, scan_length;
static uint64_t seen_namespaces[MOST_SEEN];
static size_t seen_count;

/* mountinfo writes blank, tab, newline and backslash as octal escapes. */
static bool escape_path(const char *path, char *into, size_t size)
{
	size_t length = 0;

	for (; *path; path++) {
		bool is_plain = !strchr(" \t\n\\", *path);

		if (length + 5 > size)
			return false;
		if (is_plain)
			into[length++] = *path;
		else
			length += (size_t)snprintf(into + length, 5, "\\%03o", (unsigned char)*path);
	}
	into[length] = 0;
	return true;
}

struct mount_line {
	char *device;
	char *root;
	char *place;
	bool is_fuse;
};

/* Fields of proc_pid_mountinfo(5). */
static bool parse_mount(char *line, struct mount_line *mount)
{
	char *type = strstr(line, " - ");

	mount->is_fuse = type && strncmp(type + 3, "fuse", 4) == 0;
	strsep(&line, " ");
	strsep(&line, " ");
	mount->device = strsep(&line, " ");
	mount->root = strsep(&line, " ");
	mount->place = strsep(&line, " ");
	return mount->place != NULL;
}

/* Called with each mount until it returns true. */
typedef bool mount_seen(const struct mount_line *mount);

static bool any_mount(int fd, mount_seen *seen)
{
	static char lines[LINE_BYTES + 1];
	size_t filled = 0;
	ssize_t count;

	while ((count = read(fd, lines + filled, LINE_BYTES - filled)) > 0) {
		char *line = lines, *end;

		filled += (size_t)count;
		lines[filled] = 0;
		while ((end = strchr(line, '\n'))) {
			struct mount_line mount;

			*end = 0;
			if (parse_mount(line, &mount) && seen(&mount))
				return true;
			line = end + 1;
		}
		filled -= (size_t)(line - lines);
		memmove(lines, line, filled);
		if (filled == LINE_BYTES)
			filled = 0; /* Longer than any line of the kernel's. */
	}
	return false;
}

static bool any_mount_of(const char *process, mount_seen *seen)
{
	char path[64];

	snprintf(path, sizeof(path), "%.32s/mountinfo", process);
	int fd = open_below(proc_fd, path, O_RDONLY);
	if (fd < 0)
		return false;
	bool is_found = any_mount(fd, seen);
	close(fd);
	return is_found;
}

static bool ends_with(const char *path, const char *end)
{
	size_t length = strlen(path), end_length = strlen(end);

	return length >= end_length && strcmp(path + length - end_length, end) == 0;
}

static bool is_use_of(const struct kept_mount *kept, const struct mount_line *mount)
{
	return kept->device[0] && strcmp(mount->device, kept->device) == 0 &&
	       (strcmp(mount->root, "/") != 0 || !ends_with(mount->place, kept->place));
}

static bool is_use(const struct mount_line *mount)
{
	return is_use_of(&kept_tree, mount) || is_use_of(&kept_pressure, mount);
}

/* Of several mounts on one place, the last is on top. */
static bool note_own_place(const struct mount_line *mount)
{
	struct kept_mount *all[] = { &kept_tree, &kept_pressure };

	for (size_t index = 0; index < 2; index++)
		if (mount->is_fuse && strcmp(mount->place, all[index]->place) == 0)
			snprintf(all[index]->device, DEVICE_BYTES, "%s", mount->device);
	return false;
}

/* Without symbolic links; as given if it is not there. */
static const char *real_path(const char *directory)
{
	static char real[PATH_MAX];
	char link[64];
	int fd = open(directory, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return directory;
	snprintf(link, sizeof(link), "self/fd/%d", fd);
	ssize_t length = readlinkat(proc_fd, link, real, sizeof(real) - 1);
	close(fd);
	if (length < 0)
		return directory;
	real[length] = 0;
	return real;
}

/* Remembers the mount point and which file system is there. Nothing is asked of that itself. */
static bool know_mount_point(const char *directory)
{
	const char *below = "/proc/pressure";

	kept_mount_point = real_path(directory);
	if (!escape_path(kept_mount_point, kept_tree.place, sizeof(kept_tree.place) - strlen(below)))
		return false;
	snprintf(kept_pressure.place, sizeof(kept_pressure.place), "%.*s%s",
		 (int)(sizeof(kept_pressure.place) - 32), kept_tree.place, below);
	any_mount_of("self", note_own_place);
	return true;
}

static bool is_seen(uint64_t namespace)
{
	for (size_t index = 0; index < MOST_SEEN && index < seen_count; index++)
		if (seen_namespaces[index] == namespace)
			return true;
	seen_namespaces[seen_count++ % MOST_SEEN] = namespace;
	return false;
}

/* The mounts of a namespace are looked at once; where it can't be told, of each process. */
static bool has_use(const char *process)
{
	char path[64], link[64];

	snprintf(path, sizeof(path), "%.32s/ns/mnt", process);
	ssize_t length = readlinkat(proc_fd, path, link, sizeof(link) - 1);
	if (length > 0) {
		link[length] = 0;
		if (is_seen(strtoull(link + strcspn(link, "[") + 1, NULL, 10)))
			return false;
	}
	return any_mount_of(process, is_use);
}

static bool is_scanning(void)
{
	return scan_fd >= 0;
}

static void begin_scan(void)
{
	scan_fd = open_below(proc_fd, ".", O_RDONLY | O_DIRECTORY);
	scan_at = scan_length = 0;
	seen_count = 0;
}

static void end_scan(void)
{
	close(scan_fd);
	scan_fd = -1;
}

/* Looks at the next process. True when that was the last, and nobody has anything. */
static bool scan_finds_no_use(void)
{
	if (scan_at >= scan_length) {
		scan_length = syscall(SYS_getdents64, scan_fd, scan_entries, sizeof(scan_entries));
		scan_at = 0;
		if (scan_length <= 0) {
			end_scan();
			return scan_length == 0;
		}
	}
	struct raw_dirent *entry = (struct raw_dirent *)(scan_entries + scan_at);
	scan_at += entry->length;
	if (entry->name[0] >= '1' && entry->name[0] <= '9' && has_use(entry->name))
		end_scan();
	return false;
}

static char top_device[DEVICE_BYTES];

static bool note_top(const struct mount_line *mount)
{
	if (strcmp(mount->place, kept_tree.place) == 0)
		snprintf(top_device, sizeof(top_device), "%s", mount->device);
	return false;
}

/* Unless another file system is mounted there by now. */
static void unmount_own(void)
{
	top_device[0] = 0;
	any_mount_of("self", note_top);
	if (strcmp(top_device, kept_tree.device) == 0)
		umount2(kept_mount_point, MNT_DETACH | UMOUNT_NOFOLLOW);
}

#endif
