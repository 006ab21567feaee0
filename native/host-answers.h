/*
 * One request in, one answer out: src/fuse/session.ts, src/fuse/trigger-requests.ts and what is
 * behind them in C, for whom every reader is one of the host.
 *
 * Functions that answer return 0 or the errno (positive) to answer with.
 */
#ifndef HOST_ANSWERS_H
#define HOST_ANSWERS_H

#include "answer-read.h"
#include "answer-readdir.h"

enum { NO_REPLY = -1, MOST_POLLS = 256 };

/* Of the FUSE capabilities that the kernel offers. */
#define WANTED_FLAGS \
	(FUSE_BIG_WRITES | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_PARALLEL_DIROPS)
/* Bits of poll(2) as FUSE has them. */
#define ALWAYS_READY (0x1 | 0x4 | 0x40 | 0x100)

/* Who waits for a trigger, as the kernel names them: woken at the end, to ask the next server. */
static uint64_t polls[MOST_POLLS];
static size_t poll_count;

static int answer_init(const struct request *request, struct reply *reply)
{
	const struct fuse_init_in *in = request->body;
	struct fuse_init_out *out;

	if (request->body_length < 16)
		return EINVAL;
	if (in->major < FUSE_KERNEL_VERSION ||
	    (in->major == FUSE_KERNEL_VERSION && in->minor < OLDEST_MINOR))
		return EPROTO;
	out = reply_body(reply, INIT_OUT_BYTES);
	out->major = FUSE_KERNEL_VERSION;
	/* A kernel with a higher major version asks again with ours; its minor says nothing. */
	out->minor = in->major == FUSE_KERNEL_VERSION && in->minor < PROTOCOL_MINOR ?
		in->minor : PROTOCOL_MINOR;
	out->max_readahead = in->max_readahead;
	out->flags = in->flags & WANTED_FLAGS;
	out->max_write = MAX_WRITE_BYTES;
	out->time_gran = 1;
	return 0;
}

static int lookup_place(const struct request *request, const char *name, struct reply *reply)
{
	struct place parent, child;
	struct stat stat;
	struct attr attr;

	if (!find_place(request->header->nodeid, &parent) || !find_child(&parent, name, &child))
		return ENOENT;
	if (stat_place(&child, &stat)) {
		attr = place_attr(&child, &stat);
	} else {
		static const struct stat elsewhere[ENTRY_TYPES] = {
			{ .st_mode = S_IFDIR | 0555, .st_nlink = 1 },
			{ .st_mode = S_IFREG | 0555, .st_nlink = 1 },
			{ .st_mode = S_IFLNK | 0555, .st_nlink = 1 },
		};
		attr = place_attr(&child, &elsewhere[child.type]);
		attr.valid_sec = 0;
	}
	put_entry(reply, &attr);
	return 0;
}

static int answer_lookup(const struct request *request, struct reply *reply)
{
	const char *name = request->body;
	struct attr attr;

	if (!memchr(name, 0, request->body_length))
		return EINVAL;
	if (is_dynamic(request))
		return lookup_place(request, name, reply);
	const struct fixed_node *child =
		find_fixed_child(request->tree, request->header->nodeid, name);
	int error = child ? attr_of(request->tree, child->id, &attr) : ENOENT;
	if (!error)
		put_entry(reply, &attr);
	return error;
}

static int answer_getattr(const struct request *request, struct reply *reply)
{
	struct attr attr;
	int error = attr_of(request->tree, request->header->nodeid, &attr);

	if (!error)
		put_attr(reply, &attr);
	return error;
}

/* A new size or time changes nothing, as in procfs: a shell's `>` opens with O_TRUNC. */
static int answer_setattr(const struct request *request, struct reply *reply)
{
	const struct fuse_setattr_in *in = request->body;
	struct attr attr;
	int error = attr_of(request->tree, request->header->nodeid, &attr);

	if (!request->tree->has_triggers)
		return EROFS;
	if (error)
		return error;
	if (request->body_length < 4)
		return EINVAL;
	if (in->valid & (FATTR_MODE | FATTR_UID | FATTR_GID))
		return EPERM;
	attr.valid_sec = 0;
	put_attr(reply, &attr);
	return 0;
}

static int answer_access(const struct request *request)
{
	const struct fuse_access_in *in = request->body;
	const struct fuse_in_header *header = request->header;
	struct attr attr;

	if (request->body_length < 4)
		return EINVAL;
	int error = attr_of(request->tree, header->nodeid, &attr);
	if (error)
		return error;
	if (in->mask & W_OK)
		return EROFS;
	int shift = header->uid == attr.uid ? 6 : header->gid == attr.gid ? 3 : 0;
	uint32_t granted = attr.mode >> shift;
	/* Root reads everything, but executes only what somebody may execute. */
	if (header->uid == 0)
		granted = attr.mode | attr.mode >> 3 | attr.mode >> 6 | R_OK;
	return in->mask & (R_OK | X_OK) & ~granted ? EACCES : 0;
}

static int answer_readlink(const struct request *request, struct reply *reply)
{
	struct place place;
	struct stat stat;
	char path[PLACE_PATH_BYTES];

	if (!is_dynamic(request) || !find_place(request->header->nodeid, &place) ||
	    place.type != LINK || !stat_place(&place, &stat))
		return refusal(request, EINVAL);
	place_path(&place, path);
	int fd = open_below(system_fd, path, O_PATH | O_NOFOLLOW);
	ssize_t length = fd < 0 ? -1 : readlinkat(fd, "", (char *)reply_words, 4096);
	if (fd >= 0)
		close(fd);
	reply->body = reply_words;
	reply->length = length > 0 ? (size_t)length : 0;
	return length > 0 ? 0 : ENOENT;
}

static int answer_statfs(struct reply *reply)
{
	struct fuse_statfs_out *out = reply_body(reply, sizeof(*out));

	out->st.bsize = 4096;
	out->st.namelen = 255;
	out->st.frsize = 4096;
	return 0;
}

static int answer_opendir(const struct request *request, struct reply *reply)
{
	const struct fixed_node *node = find_node(request->tree, request->header->nodeid);

	if (!is_dynamic(request) && !(node && !node->host_path))
		return refusal(request, ENOTDIR);
	put_open(reply, 0, is_dynamic(request) ? 0 : FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE);
	return 0;
}

/* No trigger fires while this server serves. Those who wait are woken when it ends. */
static int answer_poll(const struct request *request, struct reply *reply)
{
	const struct fuse_poll_in *in = request->body;
	struct fuse_poll_out *out;
	size_t at = 0;

	if (request->body_length < 24)
		return EINVAL;
	while (at < poll_count && polls[at] != in->kh)
		at++;
	if (at == poll_count && poll_count < MOST_POLLS && in->flags & FUSE_POLL_SCHEDULE_NOTIFY)
		polls[poll_count++] = in->kh;
	out = reply_body(reply, sizeof(*out));
	out->revents = ALWAYS_READY;
	return 0;
}

/* ENOSYS only for what no server of nsproc implements: the kernel remembers it. Everything that
 * would change something is EROFS. */
static int refusal_of(uint32_t opcode)
{
	static const uint8_t writing[] = { 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45, 47, 51 };

	if (opcode == 0)
		return EINVAL;
	return opcode < 256 && memchr(writing, (int)opcode, sizeof(writing)) ? EROFS : ENOSYS;
}

static int answer_request(const struct request *request, struct reply *reply)
{
	switch (request->header->opcode) {
	case FUSE_READ:
		return answer_read(request, reply);
	case FUSE_OPEN:
		return answer_open(request, reply);
	case FUSE_RELEASE:
		return answer_release(request);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return NO_REPLY;
	case FUSE_DESTROY:
	case FUSE_RELEASEDIR:
		return 0;
	case FUSE_INIT:
		return answer_init(request, reply);
	case FUSE_LOOKUP:
		return answer_lookup(request, reply);
	case FUSE_GETATTR:
		return answer_getattr(request, reply);
	case FUSE_SETATTR:
		return answer_setattr(request, reply);
	case FUSE_READLINK:
		return answer_readlink(request, reply);
	case FUSE_ACCESS:
		return answer_access(request);
	case FUSE_STATFS:
		return answer_statfs(reply);
	case FUSE_OPENDIR:
		return answer_opendir(request, reply);
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
		return answer_readdir(request, reply);
	case FUSE_WRITE:
		/* As psi.c says it of a file that has a trigger. */
		return request->tree->has_triggers ? EBUSY : EROFS;
	case FUSE_POLL:
		return request->tree->has_triggers ? answer_poll(request, reply) : ENOSYS;
	default:
		return refusal_of(request->header->opcode);
	}
}

#endif
