// A stackable module of libfuse 2 for the transport fuse-native, which tells JavaScript the path of
// a request, but not who made it. The module knows: libfuse keeps the caller of a request for the
// thread that answers it. It puts them in front of the path, and behind them the request's opcode,
// `/TID.UID.GID.OPCODE/proc/uptime`, and hands the request on.
//
// In C because it runs on libfuse's thread, where there is no JavaScript.
//
// libfuse's headers are not installed where its package is not, and fuse-native brings the library
// alone. So what is used of its interface (version 26, which has been the same since libfuse 2.7)
// is declared here; the symbols are found when the library is there, which is before any is called.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

struct fuse;
struct fuse_session;
struct fuse_chan;
struct fuse_args;
struct fuse_fs;
struct fuse_conn_info;

struct fuse_context {
	struct fuse *fuse;
	uid_t uid;
	gid_t gid;
	pid_t pid;
	// Of the layer whose operation was called last.
	void *private_data;
};

struct fuse_file_info {
	int flags;
	unsigned long fh_old;
	int writepage;
	unsigned int bits;
	uint64_t fh;
	uint64_t lock_owner;
};

typedef int (*fill_dir)(void *into, const char *name, const struct stat *stat, off_t offset);

// In libfuse's order, with the ones in between that the module does not have. What comes after
// `destroy` is not there: fuse_fs_new() is told the size.
struct fuse_operations {
	int (*getattr)(const char *, struct stat *);
	int (*readlink)(const char *, char *, size_t);
	void *getdir_to_utime[12];
	int (*open)(const char *, struct fuse_file_info *);
	int (*read)(const char *, char *, size_t, off_t, struct fuse_file_info *);
	void *write;
	int (*statfs)(const char *, struct statvfs *);
	void *flush;
	int (*release)(const char *, struct fuse_file_info *);
	void *fsync_to_opendir[6];
	int (*readdir)(const char *, void *, fill_dir, off_t, struct fuse_file_info *);
	void *releasedir_and_fsyncdir[2];
	void *(*init)(struct fuse_conn_info *);
	void (*destroy)(void *);
};

struct fuse_module {
	const char *name;
	struct fuse_fs *(*make)(struct fuse_args *, struct fuse_fs *next[]);
	// libfuse's own.
	struct fuse_module *following;
	void *shared_object;
	int users;
};

extern void fuse_register_module(struct fuse_module *);
extern struct fuse_context *fuse_get_context(void);
extern struct fuse_session *fuse_get_session(struct fuse *);
extern int fuse_session_exited(struct fuse_session *);
extern void fuse_session_reset(struct fuse_session *);
extern void fuse_session_process(struct fuse_session *, const char *, size_t, struct fuse_chan *);
extern struct fuse_chan *fuse_session_next_chan(struct fuse_session *, struct fuse_chan *);
extern size_t fuse_chan_bufsize(struct fuse_chan *);
extern int fuse_chan_recv(struct fuse_chan **, char *, size_t);
extern struct fuse_fs *fuse_fs_new(const struct fuse_operations *, size_t, void *);
extern void fuse_fs_init(struct fuse_fs *, struct fuse_conn_info *);
extern void fuse_fs_destroy(struct fuse_fs *);
extern int fuse_fs_getattr(struct fuse_fs *, const char *, struct stat *);
extern int fuse_fs_readlink(struct fuse_fs *, const char *, char *, size_t);
extern int fuse_fs_statfs(struct fuse_fs *, const char *, struct statvfs *);
extern int fuse_fs_open(struct fuse_fs *, const char *, struct fuse_file_info *);
extern int fuse_fs_read(struct fuse_fs *, const char *, char *, size_t, off_t,
			struct fuse_file_info *);
extern int fuse_fs_release(struct fuse_fs *, const char *, struct fuse_file_info *);
extern int fuse_fs_readdir(struct fuse_fs *, const char *, void *, fill_dir, off_t,
			   struct fuse_file_info *);

#define EXPORTED __attribute__((visibility("default")))

// Of the one mount that the process has. Closed when its connection has ended and libfuse is done
// with it; -1 if there is none.
static int end_fd = -1;

static void tell_end(void)
{
	if (end_fd >= 0)
		close(end_fd);
	end_fd = -1;
}

// Of the request that is being answered; there is one at a time.
static uint32_t opcode;

struct request {
	struct fuse_fs *next;
	char *path;
};

// What the next layer is asked; `path` NULL when there is no memory. A function of the next layer
// changes the context, so this is the first that an operation does.
static struct request request_for(const char *path)
{
	const struct fuse_context *caller = fuse_get_context();
	struct request request = { caller->private_data, NULL };
	if (asprintf(&request.path, "/%u.%u.%u.%u%s", (unsigned)caller->pid, (unsigned)caller->uid,
		     (unsigned)caller->gid, (unsigned)opcode, path) < 0)
		request.path = NULL;
	return request;
}

// Evaluates to the next layer's answer.
#define PASS_ON(function, path, ...)                                                               \
	({                                                                                         \
		struct request request = request_for(path);                                        \
		int answer = request.path == NULL                                                  \
				     ? -ENOMEM                                                     \
				     : function(request.next, request.path, __VA_ARGS__);          \
		free(request.path);                                                                \
		answer;                                                                            \
	})

static int on_getattr(const char *path, struct stat *stat)
{
	return PASS_ON(fuse_fs_getattr, path, stat);
}

static int on_readlink(const char *path, char *into, size_t size)
{
	return PASS_ON(fuse_fs_readlink, path, into, size);
}

static int on_statfs(const char *path, struct statvfs *into)
{
	return PASS_ON(fuse_fs_statfs, path, into);
}

static int on_open(const char *path, struct fuse_file_info *file)
{
	return PASS_ON(fuse_fs_open, path, file);
}

// Direct reads name the files that the reader has open (fuse_direct_io()); fills of the page cache,
// for sendfile(2), splice(2) and mmap(2), name nobody. A cached page would be shown to every
// container.
static int on_read(const char *path, char *into, size_t size, off_t offset,
		   struct fuse_file_info *file)
{
	if (file->lock_owner == 0)
		return -EINVAL;
	return PASS_ON(fuse_fs_read, path, into, size, offset, file);
}

// The path may be "-" here, and nobody is the caller.
static int on_release(const char *path, struct fuse_file_info *file)
{
	return PASS_ON(fuse_fs_release, path, file);
}

static int on_readdir(const char *path, void *into, fill_dir fill, off_t offset,
		      struct fuse_file_info *file)
{
	return PASS_ON(fuse_fs_readdir, path, into, fill, offset, file);
}

// What it returns is this layer's private_data from here on.
static void *on_init(struct fuse_conn_info *connection)
{
	struct fuse_fs *next = fuse_get_context()->private_data;
	fuse_fs_init(next, connection);
	return next;
}

static void on_destroy(void *next)
{
	fuse_fs_destroy(next);
	tell_end();
}

static const struct fuse_operations operations = {
	.getattr = on_getattr,
	.readlink = on_readlink,
	.open = on_open,
	.read = on_read,
	.statfs = on_statfs,
	.release = on_release,
	.readdir = on_readdir,
	.init = on_init,
	.destroy = on_destroy,
};

static struct fuse_fs *make_layer(struct fuse_args *arguments, struct fuse_fs *next[])
{
	(void)arguments;
	return fuse_fs_new(&operations, sizeof operations, next[0]);
}

// Makes the module known, as a constructor would if libfuse loaded it: libfuse would look for
// its file on the loader's path alone. `fd` is closed when the mount that is made next has ended.
EXPORTED void register_caller_module(int fd)
{
	static struct fuse_module module = { .name = "caller", .make = make_layer };
	fuse_register_module(&module);
	end_fd = fd;
}

// There will be no mount.
EXPORTED void drop_caller_module(void)
{
	tell_end();
}

// The beginning of every request (struct fuse_in_header).
struct request_header {
	uint32_t length;
	uint32_t opcode;
};

// Found in place of libfuse's, which fuse-native calls, because this object is loaded first. That
// one starts a thread for every request that waits, and fuse-native never gives back what it keeps
// for a thread, so that readers could make it grow for ever. JavaScript answers one request at a
// time anyway. And libfuse has one operation for both LOOKUP and GETATTR, whose answers differ
// here, but does not say for which it calls.
EXPORTED int fuse_loop_mt(struct fuse *fuse)
{
	struct fuse_session *session = fuse_get_session(fuse);
	struct fuse_chan *channel = fuse_session_next_chan(session, NULL);
	size_t size = fuse_chan_bufsize(channel);
	char *request = malloc(size);
	int length = request == NULL ? -ENOMEM : 0;
	while (request != NULL && !fuse_session_exited(session)) {
		struct fuse_chan *from = channel;
		length = fuse_chan_recv(&from, request, size);
		if (length == -EINTR)
			continue;
		if (length <= 0)
			break;
		opcode = ((const struct request_header *)request)->opcode;
		fuse_session_process(session, request, length, from);
	}
	free(request);
	fuse_session_reset(session);
	return length < 0 ? -1 : 0;
}
