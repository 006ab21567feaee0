/*
 * One request in, one answer out: src/fuse/session.ts, src/fuse/trigger-requests.ts and what is
 * behind them in C, for whom every reader is one of the host.
 *
 * Functions that answer return 0 or the errno (positive) to answer with.
 */
#ifndef HOST_ANSWERS_H
#define HOST_ANSWERS_H

#include "fixed-tree.h"
#include "fuse-reply.h"
#include "open-texts.h"
#include "system-places.h"
#include <poll.h>

enum { NO_REPLY = -1, MOST_POLLS = 256 };

/* Of the FUSE capabilities that the kernel offers. */
#define WANTED_FLAGS \
	(FUSE_BIG_WRITES | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_PARALLEL_DIROPS)
/* Bits of poll(2) as FUSE has them. */
#define ALWAYS_READY (0x1 | 0x4 | 0x40 | 0x100)

struct request {
	const struct fuse_in_header *header;
	const void *body;
	size_t body_length;
	const struct tree *tree;
};

/* Who waits for a trigger, as the kernel names them: woken at the end, to ask the next server. */
static uint64_t polls[MOST_POLLS];
static size_t poll_count;

/* What is to be given back once the answer is sent. */
static struct open_text *ended_text;
static long used_text;

static bool is_dynamic(const struct request *request)
{
	return !request->tree->has_triggers && is_place_id(request->header->nodeid);
}

/* As a GETATTR says it. */
static int attr_of(const struct tree *tree, uint64_t id, struct attr *attr)
{
	struct place place;
	struct stat stat;

	if (!tree->has_triggers && is_place_id(id)) {
		if (!find_place(id, &place) || !stat_place(&place, &stat))
			return ENOENT;
		*attr = place_attr(&place, &stat);
		return 0;
	}
	const struct fixed_node *node = find_node(tree, id);
	if (!node)
		return ENOENT;
	*attr = fixed_attr(tree, node);
	return 0;
}

/* For a node of another type. */
static int refusal(const struct request *request, int error)
{
	return find_node(request->tree, request->header->nodeid) ? error : ENOENT;
}

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

static int answer_open(const struct request *request, struct reply *reply)
{
	const struct fuse_open_in *in = request->body;
	const struct fixed_node *node = find_node(request->tree, request->header->nodeid);

	if (request->body_length < 4)
		return EINVAL;
	if (!is_dynamic(request) && !(node && node->host_path))
		return refusal(request, EISDIR);
	/* Where the host's file stands in for the container's, it is read-only. */
	if ((in->flags & O_ACCMODE) != O_RDONLY)
		return EACCES;
	/* Direct I/O: the text differs from reader to reader, so no page of it may be shared. */
	put_open(reply, next_handle(request->tree->has_triggers),
		 FOPEN_DIRECT_IO | FOPEN_NOFLUSH);
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

static int answer_release(const struct request *request)
{
	const struct fuse_release_in *in = request->body;

	if (request->body_length < 8)
		return EINVAL;
	release_open(request->tree, in->fh);
	return 0;
}

/* What is in a directory, to be put in order: by name, and `cpuN` and `nodeN` last by number. Memory
 * that no directory needs is not there. */
enum { MOST_LISTED = 16384, LISTED_NAME_BYTES = 512 * 1024 };

struct listed {
	int number; /* -1 when it has none */
	uint32_t name_at;
	enum entry_type type;
};

static struct listed listed[MOST_LISTED];
static char listed_names[LISTED_NAME_BYTES];
static size_t listed_count, listed_names_length;

static bool collect(void *context, const char *name, const struct place *place)
{
	struct numbered_name own;
	size_t size = strlen(name) + 1;

	(void)context;
	if (listed_count == MOST_LISTED || listed_names_length + size > LISTED_NAME_BYTES)
		return false;
	listed[listed_count++] = (struct listed){
		.number = parse_numbered(name, &own) ? own.number : -1,
		.name_at = (uint32_t)listed_names_length,
		.type = place->type,
	};
	memcpy(listed_names + listed_names_length, name, size);
	listed_names_length += size;
	return true;
}

static bool is_before(const struct listed *a, const struct listed *b)
{
	if (a->number != b->number)
		return a->number < b->number;
	return strcmp(listed_names + a->name_at, listed_names + b->name_at) < 0;
}

/* Shell's, which needs no memory; the C library's qsort(3) does. */
static void sort_listed(void)
{
	for (size_t gap = listed_count / 2; gap > 0; gap /= 2)
		for (size_t index = gap; index < listed_count; index++) {
			struct listed moving = listed[index];
			size_t at = index;

			for (; at >= gap && is_before(&moving, &listed[at - gap]); at -= gap)
				listed[at] = listed[at - gap];
			listed[at] = moving;
		}
}

static void list_named(struct listing *listing, const char *name, uint64_t id,
		       enum entry_type type)
{
	uint32_t mode = type == DIRECTORY ? S_IFDIR : type == LINK ? S_IFLNK : S_IFREG;
	struct attr attr = { .id = id, .inode = inode_of(id), .mode = mode };

	list_entry(listing, name, &attr);
}

static int list_dynamic(const struct place *place, uint64_t id, struct listing *listing)
{
	struct place parent = is_tree_root(place) ? *place : parent_of(place);
	struct place child;

	list_named(listing, ".", id, DIRECTORY);
	list_named(listing, "..", is_tree_root(place) ? SYSTEM_NODE : place_id(&parent), DIRECTORY);
	listed_count = listed_names_length = 0;
	if (!list_place(place, collect, NULL))
		return ENOENT;
	sort_listed();
	for (size_t index = 0; index < listed_count; index++) {
		const char *name = listed_names + listed[index].name_at;

		if (child_of(place, name, listed[index].type, &child))
			list_named(listing, name, place_id(&child), child.type);
	}
	return 0;
}

static int answer_readdir(const struct request *request, struct reply *reply)
{
	const struct fuse_read_in *in = request->body;
	const struct fixed_node *node = find_node(request->tree, request->header->nodeid);
	uint64_t id = request->header->nodeid;
	struct place place;
	int error = 0;

	if (request->body_length < 24)
		return EINVAL;
	struct listing listing = begin_listing(request->header->opcode == FUSE_READDIRPLUS,
					       in->offset, in->size);
	if (is_dynamic(request)) {
		if (!find_place(id, &place) || place.type != DIRECTORY)
			return refusal(request, ENOTDIR);
		error = list_dynamic(&place, id, &listing);
	} else if (!node || node->host_path) {
		return refusal(request, ENOTDIR);
	} else {
		list_fixed(request->tree, node, &listing);
	}
	put_listing(reply, &listing);
	return error;
}

/* The kernel has checked the mode bits, but of the attributes that it was told last, which can be
 * those of another reader's CPU. */
static bool may_read(const struct stat *stat, const struct fuse_in_header *caller)
{
	int shift = caller->uid == stat->st_uid ? 6 : caller->gid == stat->st_gid ? 3 : 0;

	return caller->uid == 0 || (stat->st_mode >> shift & 4) != 0;
}

/* A refusal of the driver (EBUSY, EIO ...) is the reader's as well. */
static long read_place(const struct request *request)
{
	struct place place;
	struct stat stat;
	char path[PLACE_PATH_BYTES];

	if (!find_place(request->header->nodeid, &place) || place.type != TEXT_FILE ||
	    !stat_place(&place, &stat))
		return -refusal(request, EISDIR);
	if (!may_read(&stat, request->header))
		return -EACCES;
	place_path(&place, path);
	long length = read_text(system_fd, path);
	switch (-length) {
	case ENOTDIR:
	case ENODEV:
	case ESRCH:
	case EOPNOTSUPP:
		return -ENOENT;
	case EXDEV:
		return -EIO;
	default:
		return length;
	}
}

static long read_fresh(const struct request *request)
{
	const struct fixed_node *node = find_node(request->tree, request->header->nodeid);

	if (is_dynamic(request))
		return read_place(request);
	if (!node || !node->host_path)
		return -refusal(request, EISDIR);
	long length = read_text(proc_fd, node->host_path);
	return length < 0 ? -EIO : length;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int answer_read(const struct request *request, struct reply *reply)
{
	const struct fuse_read_in *in = request->body;
	const struct tree *tree = request->tree;

	if (request->body_length < 24 || !(in->read_flags & FUSE_READ_LOCKOWNER))
		return EINVAL; /* Fills of the page cache, which every container would be shown. */
	struct open_text *open = find_open(tree, in->fh);
	if (open && in->offset > 0 && open->next == in->offset) {
		reply->length = smaller(in->size, open->length - open->next);
		reply->body = reply->length ? open->rest + (in->offset - open->rest_at) : NULL;
		open->next += reply->length;
		ended_text = open->next == open->length ? open : NULL;
		return 0;
	}
	if (!open && in->offset > 0 && !was_never_read(in->fh, tree->has_triggers))
		return EIO;
	long length = read_fresh(request);
	if (length < 0)
		return (int)-length;
	uint64_t begin = smaller(in->offset, (uint64_t)length);
	used_text = length;
	reply->body = text + begin;
	reply->length = smaller(in->size, (uint64_t)length - begin);
	begin_open(tree, in->fh, text, (uint64_t)length, in->offset + reply->length);
	return 0;
}

static void give_back(void)
{
	if (ended_text)
		drop_rest(ended_text);
	forget_text(used_text);
	ended_text = NULL;
	used_text = 0;
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
