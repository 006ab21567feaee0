/*
 * Puts files of a live mount in the place of dead FUSE mounts in another mount namespace:
 *
 *     $ heal replace 3</proc/4711/ns/mnt 4</proc/4711/root 5</var/lib/nsproc <records
 *     replaced
 *
 * "heal check" says what would stand in the way of that, and changes nothing; "heal probe" only says
 * whether a mount has a server. With a further argument "hung", a server that does not answer counts
 * as none. Standard input has one record for each place: LAYERS (the mounts of such servers there,
 * the topmost first, as ID=MAJOR:MINOR with commas between), PARENT (the id of the mount that they
 * are on), FLAGS (the MOUNT_ATTR_ bits that the topmost has), TARGET (a path below fd 4) and SOURCE
 * (a path below fd 5), each ended by a NUL. Standard output has a line for each, in their order:
 *
 *     replaced            a live mount is in the place of the dead ones
 *     covered             a live mount is on top of what could not be removed
 *     ready               "replace" would do one of these
 *     alive, dead, hung   the topmost mount is that, and stays
 *     changed             the path leads to another mount
 *     errno NUMBER STEP   it failed
 *
 * Why C: setns(2) into a mount namespace is refused to a process with threads, and what asks a
 * server that may not answer must be a process that can be left behind.
 *
 * The container is hostile: it may turn the path into another one at any moment. So no path is
 * trusted; what is found at its end must be the very mount that the record names, and all that
 * follows goes through the fd of it. Nothing of the container's is executed, or read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The numbers are the same on all architectures; headers older than the kernel lack them. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* Linux 5.2 */
enum { CLONE_TREE = 1, FROM_EMPTY_PATH = 0x4, TO_EMPTY_PATH = 0x40 };
/* Linux 6.5: the mount gets its place under the one that is there. */
enum { BENEATH = 0x200 };
/* Linux 5.6 */
enum { NO_MAGIC_LINKS = 0x02, NO_SYMLINKS = 0x04 };
struct how_to_open {
	uint64_t flags, mode, resolve;
};
/* Linux 5.12 */
struct attributes {
	uint64_t set, clear, propagation, userns_fd;
};

/* MOUNT_ATTR_, MS_ and ST_ give read-only, nosuid, nodev and noexec the same bits. */
enum { KEPT_FLAGS = 0xf };

enum { NAMESPACE_FD = 3, ROOT_FD = 4, LIVE_FD = 5 };

enum server { ALIVE, DEAD, HUNG };

/* How long a server has to answer; it takes microseconds. */
static const struct timespec patience = { .tv_sec = 2 };

struct layer {
	unsigned int id, major_number, minor_number;
};

struct record {
	const char *layers, *target, *source;
	unsigned int parent, flags;
	/* A mount of the source that is attached nowhere yet; below 0, the errno of why not. */
	int live;
};

static int is_hung_dead;

/* /proc/self of the host. What a container has at this path may be anything. */
static int self_fd;

static void answer(const char *word)
{
	dprintf(STDOUT_FILENO, "%s\n", word);
}

static void answer_errno(int error, const char *step)
{
	dprintf(STDOUT_FILENO, "errno %d %s\n", error, step);
}

static void fail(const char *step)
{
	answer_errno(errno, step);
	exit(1);
}

/* All of standard input, with a NUL behind it. */
static char *read_input(size_t *length)
{
	size_t size = 64 * 1024;
	char *text = malloc(size);
	ssize_t count;

	*length = 0;
	while (text && (count = read(STDIN_FILENO, text + *length, size - *length - 1)) > 0) {
		*length += (size_t)count;
		if (*length == size - 1)
			text = realloc(text, size *= 2);
	}
	if (!text || count < 0)
		fail("input");
	text[*length] = '\0';
	return text;
}

static const char *next_field(const char **at, const char *end)
{
	const char *field = *at;

	if (field >= end) {
		errno = EINVAL;
		fail("input");
	}
	*at += strlen(field) + 1;
	return field;
}

static struct record next_record(const char **at, const char *end)
{
	struct record record = { .live = -EBADF };

	record.layers = next_field(at, end);
	record.parent = (unsigned int)strtoul(next_field(at, end), NULL, 10);
	record.flags = (unsigned int)strtoul(next_field(at, end), NULL, 10) & KEPT_FLAGS;
	record.target = next_field(at, end);
	record.source = next_field(at, end);
	return record;
}

/* The id that mountinfo gives the mount in which fd was opened; 0 if it can't be known. */
static unsigned int mount_id(int fd)
{
	static const char label[] = "\nmnt_id:";
	char path[32], text[1024];
	const char *at;
	ssize_t length;
	int fdinfo;

	snprintf(path, sizeof(path), "fdinfo/%d", fd);
	fdinfo = openat(self_fd, path, O_RDONLY | O_CLOEXEC);
	if (fdinfo < 0)
		return 0;
	length = read(fdinfo, text, sizeof(text) - 1);
	close(fdinfo);
	text[length < 0 ? 0 : length] = '\0';
	at = strstr(text, label);
	return at ? (unsigned int)strtoul(at + sizeof(label) - 1, NULL, 10) : 0;
}

/* O_PATH asks a FUSE server nothing, also where the path ends at the root of its mount. */
static int open_path(const char *path)
{
	struct how_to_open how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = NO_MAGIC_LINKS | NO_SYMLINKS,
	};
	int fd;

	while (*path == '/')
		path++;
	fd = (int)syscall(SYS_openat2, ROOT_FD, *path ? path : ".", &how, sizeof(how));
	/* Links may lead it astray then, but not to the right mount. */
	if (fd < 0 && errno == ENOSYS)
		fd = openat(ROOT_FD, *path ? path : ".", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd;
}

/* ESTALE when the path leads to another mount. */
static int open_in_mount(const char *path, unsigned int id)
{
	int fd = open_path(path);

	if (fd < 0 || mount_id(fd) == id)
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

static struct layer parse_layer(const char *text)
{
	struct layer layer = { 0 };

	sscanf(text, "%u=%u:%u", &layer.id, &layer.major_number, &layer.minor_number);
	return layer;
}

/* Ids of mounts are used again, so the file system must be the right one too. Its attributes are
 * taken as the kernel remembers them: the server may be gone. */
static int open_layer(const char *path, struct layer layer)
{
	int fd = open_in_mount(path, layer.id);
	struct statx attributes;

	if (fd < 0)
		return -1;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &attributes) == 0 &&
	    attributes.stx_dev_major == layer.major_number &&
	    attributes.stx_dev_minor == layer.minor_number)
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

/* The kernel asks the server for these numbers each time. */
static enum server read_server(int fd)
{
	struct statfs status;

	if (fstatfs(fd, &status) == 0)
		return ALIVE;
	return errno == ENOTCONN || errno == ECONNABORTED ? DEAD : ALIVE;
}

/* Another process asks. One that waits for a server that has taken its request cannot be ended. */
static enum server ask_server(int fd)
{
	sigset_t child_signal;
	pid_t child = fork();
	int status = 0;

	if (child < 0)
		fail("fork");
	if (child == 0) {
		/* Whoever reads this program's output waits for all that have it. */
		close(STDOUT_FILENO);
		_exit(read_server(fd));
	}
	sigemptyset(&child_signal);
	sigaddset(&child_signal, SIGCHLD);
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (sigtimedwait(&child_signal, NULL, &patience) < 0) {
			kill(child, SIGKILL);
			return HUNG;
		}
	}
	return WIFEXITED(status) ? (enum server)WEXITSTATUS(status) : HUNG;
}

/* The places of a container mostly have the same one. */
static enum server server_of(int fd, struct layer layer)
{
	static struct layer known;
	static enum server state;

	if (known.id == 0 || known.major_number != layer.major_number ||
	    known.minor_number != layer.minor_number)
		state = ask_server(fd);
	known = layer;
	return state;
}

static int counts_as_dead(enum server server)
{
	return server == DEAD || (server == HUNG && is_hung_dead);
}

/* The path of an fd from self_fd, where this process works. */
static const char *fd_path(int fd)
{
	static char path[32];

	snprintf(path, sizeof(path), "fd/%d", fd);
	return path;
}

static int detach(int fd)
{
	return umount2(fd_path(fd), MNT_DETACH);
}

static int attach(int live, int fd, unsigned int flags)
{
	return (int)syscall(SYS_move_mount, live, "", fd, "",
			    FROM_EMPTY_PATH | TO_EMPTY_PATH | flags);
}

/* Adds to what the live mount has; nothing is taken away from that. Before Linux 5.12 only a mount
 * that is attached can be changed, and all its flags are set at once. */
static void add_flags(const struct record *record)
{
	struct attributes attributes = { .set = record->flags };
	struct statfs status;

	if (syscall(SYS_mount_setattr, record->live, "", AT_EMPTY_PATH, &attributes,
		    sizeof(attributes)) == 0 || fstatfs(record->live, &status) < 0)
		return;
	if (record->flags & ~(unsigned long)status.f_flags)
		mount(NULL, fd_path(record->live), NULL,
		      MS_REMOUNT | MS_BIND | record->flags | (status.f_flags & KEPT_FLAGS), NULL);
}

static void answer_opening(void)
{
	if (errno == ESTALE)
		answer("changed");
	else
		answer_errno(errno, "target");
}

static void answer_server(enum server server)
{
	answer(server == ALIVE ? "alive" : server == DEAD ? "dead" : "hung");
}

static const char *cover(const struct record *record, int fd)
{
	return attach(record->live, fd, 0) == 0 ? "covered" : NULL;
}

/* A reader meets the dead mount, then the live one; on kernels or mounts that refuse BENEATH the
 * host's own file for a moment in between. A dead mount that came with a user namespace is
 * locked to what it hides, for the host's root too (MNT_LOCKED), and is covered instead. */
static const char *replace_last(const struct record *record, int dead)
{
	int bare;

	if (attach(record->live, dead, BENEATH) == 0)
		return detach(dead) == 0 ? "replaced" : NULL;
	if (detach(dead) < 0)
		return cover(record, dead);
	bare = open_in_mount(record->target, record->parent);
	return bare >= 0 && attach(record->live, bare, 0) == 0 ? "replaced" : NULL;
}

/* The layers can be reached only from the top down: the path leads to the topmost. */
static void replace(const struct record *record)
{
	const char *text = record->layers;
	const char *result;
	enum server server;
	int fd;

	for (;;) {
		const char *comma = strchr(text, ',');
		struct layer layer = parse_layer(text);

		fd = open_layer(record->target, layer);
		if (fd < 0) {
			answer_opening();
			return;
		}
		server = server_of(fd, layer);
		if (!counts_as_dead(server) || !comma || detach(fd) < 0)
			break;
		close(fd);
		text = comma + 1;
	}
	if (!counts_as_dead(server) && text == record->layers) {
		answer_server(server);
		return;
	}
	result = counts_as_dead(server) ? replace_last(record, fd) : cover(record, fd);
	if (!result) {
		answer_errno(errno, "mount");
		return;
	}
	add_flags(record);
	answer(result);
}

static void check(const struct record *record, int is_probe)
{
	struct layer layer = parse_layer(record->layers);
	int fd = open_layer(record->target, layer);
	enum server server;

	if (fd < 0) {
		answer_opening();
		return;
	}
	server = server_of(fd, layer);
	close(fd);
	if (is_probe || !counts_as_dead(server))
		answer_server(server);
	else if (record->live < 0)
		answer_errno(-record->live, "source");
	else
		answer("ready");
}

/* The clone of a mount that is shared would be its peer, and what the container mounts in it would
 * appear on the host. So it is made of a copy that is private. */
static void enter_private_copy(void)
{
	if (fchdir(LIVE_FD) < 0)
		fail("live");
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, ".", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		fail("unshare");
}

static void clone_source(struct record *record)
{
	record->live = (int)syscall(SYS_open_tree, AT_FDCWD, record->source,
				    CLONE_TREE | O_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (record->live < 0)
		record->live = -errno;
}

static void enter_container(void)
{
	if (setns(NAMESPACE_FD, CLONE_NEWNS) < 0)
		fail("setns");
	if (fchdir(self_fd) < 0)
		fail("proc");
}

static void require_open_tree(void)
{
	if (syscall(SYS_open_tree, -1, "", 0) < 0 && errno == ENOSYS)
		fail("open_tree");
}

/* Between the removal of one mount and the placing of the other nothing should end this process;
 * and the ends of children are waited for. */
static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int is_probe = strcmp(mode, "probe") == 0;
	int is_replace = strcmp(mode, "replace") == 0;
	size_t count = 0, length;
	const char *text = read_input(&length);
	const char *at = text;
	/* A record has five fields, each of at least its NUL. */
	struct record *records = calloc(length / 5 + 1, sizeof(*records));

	if (!records || (!is_probe && !is_replace && strcmp(mode, "check") != 0))
		fail("arguments");
	is_hung_dead = argc > 2 && strcmp(argv[2], "hung") == 0;
	require_open_tree();
	block_signals();
	self_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (self_fd < 0)
		fail("proc");
	if (!is_probe)
		enter_private_copy();
	while (at < text + length) {
		records[count] = next_record(&at, text + length);
		if (!is_probe)
			clone_source(&records[count]);
		count++;
	}
	if (is_replace)
		enter_container();
	for (struct record *record = records; record < records + count; record++)
		if (is_replace && record->live >= 0)
			replace(record);
		else
			check(record, is_probe);
	return 0;
}
