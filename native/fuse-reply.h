/*
 * Answers to the kernel's FUSE requests: values to bytes, as src/fuse/protocol/reply.ts makes them.
 * What a kernel was told by one server must not differ from what it is told by another.
 */
#ifndef FUSE_REPLY_H
#define FUSE_REPLY_H

#include <linux/fuse.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

/* Of kernels later than the headers that this may be compiled with. */
#ifndef FOPEN_CACHE_DIR
#define FOPEN_CACHE_DIR (1 << 3)
#endif
#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif
enum { NOTIFY_POLL = 1, NOTIFY_RESEND = 7 };

enum { PROTOCOL_MINOR = 38, OLDEST_MINOR = 23, MAX_WRITE_BYTES = 4096, INIT_OUT_BYTES = 64 };
enum { FOREVER_SEC = 365 * 24 * 3600, BLOCK_BYTES = 4096 };

/* As large as reads are without FUSE_MAX_PAGES, which INIT does not ask for. Pages that no
 * answer needs take no memory. */
static uint64_t reply_words[128 * 1024 / 8];

struct reply {
	const void *body;
	size_t length;
};

struct attr {
	uint64_t id;
	uint64_t inode; /* the number that programs see */
	uint64_t size;
	uint32_t mode;
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint32_t valid_sec;
};

static uint64_t start_time_sec;

/* Programs that want the end of a file of at most one block read it from its beginning. */
static uint32_t block_bytes_for(uint64_t size)
{
	uint32_t block = BLOCK_BYTES;

	while (block < size && block < 1U << 31)
		block *= 2;
	return block;
}

static struct fuse_attr wire_attr(const struct attr *attr)
{
	return (struct fuse_attr){
		.ino = attr->inode, .size = attr->size, .atime = start_time_sec, .mtime = start_time_sec,
		.ctime = start_time_sec, .mode = attr->mode, .nlink = attr->links, .uid = attr->uid,
		.gid = attr->gid, .blksize = block_bytes_for(attr->size),
	};
}

/* A name leads to the same node for ever; whether a caller has that node is for GETATTR to say. */
static struct fuse_entry_out wire_entry(const struct attr *attr)
{
	return (struct fuse_entry_out){
		.nodeid = attr->id, .entry_valid = FOREVER_SEC, .attr_valid = attr->valid_sec,
		.attr = wire_attr(attr),
	};
}

static void *reply_body(struct reply *reply, size_t length)
{
	memset(reply_words, 0, length);
	reply->body = reply_words;
	reply->length = length;
	return reply_words;
}

static void put_entry(struct reply *reply, const struct attr *attr)
{
	*(struct fuse_entry_out *)reply_body(reply, sizeof(struct fuse_entry_out)) = wire_entry(attr);
}

static void put_attr(struct reply *reply, const struct attr *attr)
{
	struct fuse_attr_out *out = reply_body(reply, sizeof(*out));

	out->attr_valid = attr->valid_sec;
	out->attr = wire_attr(attr);
}

static void put_open(struct reply *reply, uint64_t handle, uint32_t flags)
{
	struct fuse_open_out *out = reply_body(reply, sizeof(*out));

	out->fh = handle;
	out->open_flags = flags;
}

/* A directory that is being listed into an answer, from an offset on. */
struct listing {
	bool is_plus;
	bool is_full;
	uint64_t offset;
	uint64_t index;
	size_t room;
	size_t length;
};

static struct listing begin_listing(bool is_plus, uint64_t offset, size_t size)
{
	size_t room = size < sizeof(reply_words) ? size : sizeof(reply_words);

	return (struct listing){ .is_plus = is_plus, .offset = offset, .room = room };
}

/* READDIRPLUS has node 0 ("no lookup") for `.` and `..`, which the kernel does not take into its
 * cache, and for what it would have to ask again at once. */
static void list_entry(struct listing *listing, const char *name, const struct attr *attr)
{
	size_t name_length = strlen(name);
	size_t entry_length = listing->is_plus ? sizeof(struct fuse_entry_out) : 0;
	size_t length = entry_length + ((sizeof(struct fuse_dirent) + name_length + 7) & ~7UL);
	uint8_t *at = (uint8_t *)reply_words + listing->length;
	bool is_kept = strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && attr->valid_sec != 0;

	if (++listing->index <= listing->offset || listing->is_full)
		return;
	listing->is_full = listing->length + length > listing->room;
	if (listing->is_full)
		return;
	memset(at, 0, length);
	if (listing->is_plus && is_kept)
		*(struct fuse_entry_out *)at = wire_entry(attr);
	struct fuse_dirent *dirent = (struct fuse_dirent *)(at + entry_length);
	dirent->ino = attr->inode;
	dirent->off = listing->index;
	dirent->namelen = (uint32_t)name_length;
	dirent->type = (attr->mode & S_IFMT) >> 12;
	memcpy(dirent->name, name, name_length);
	listing->length += length;
}

static void put_listing(struct reply *reply, const struct listing *listing)
{
	reply->body = reply_words;
	reply->length = listing->length;
}

#endif
