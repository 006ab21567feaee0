/*
 * OPEN, READ and RELEASE.
 */
#ifndef ANSWER_READ_H
#define ANSWER_READ_H

#include "open-texts.h"
#include "request.h"

/* What is to be given back once the answer is sent. */
static struct open_text *ended_text;
static long used_text;
/* The end of a read that was perhaps answered: it counts when its answer was waited for. Its bytes
 * are given back with the text. */
static struct made_text undelivered;
static uint64_t undelivered_next;
/* Whether such a one counts already, and was not the last of its text. */
static bool is_doubtful;

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

/* By which the Node server knows an open file; see handle_of_count(). */
static uint64_t node_handle(const struct request *request, uint64_t handle)
{
	return request->tree->has_triggers ? handle / 2 : handle;
}

/* The next piece of a text that was made here, of which the next server has not the rest. */
static void go_on(const struct request *request, struct open_text *open, struct reply *reply)
{
	const struct fuse_read_in *in = request->body;

	reply->length = smaller(in->size, open->length - open->next);
	reply->body = reply->length ? open->rest + (in->offset - open->rest_at) : NULL;
	open->next += reply->length;
	if (open->next == open->length)
		note_text(request->files, node_handle(request, in->fh), NULL, open->next, open->next);
	ended_text = open->next == open->length ? open : NULL;
}

/* The next piece of a text that an earlier server made: false when it is not known. */
static bool go_on_elsewhere(const struct request *request, struct reply *reply)
{
	const struct fuse_read_in *in = request->body;
	size_t room = smaller(in->size, sizeof(reply_words));
	long count = read_on(request->files, node_handle(request, in->fh), in->offset,
			     request->is_asked_again, (uint8_t *)reply_words, room);

	reply->body = reply_words;
	reply->length = count > 0 ? (size_t)count : 0;
	return count >= 0;
}

/* Whether it is in the middle of a text that was lost: with a fresh one, two moments could mix. */
static bool is_lost(const struct request *request, uint64_t handle)
{
	uint64_t node = node_handle(request, handle);

	if (is_read_elsewhere(request->files, node))
		return true;
	return !is_node_handle(request->files, node) &&
	       !was_never_read(handle, request->tree->has_triggers);
}

/* The end of a read that got a fresh text: for whichever server gets the next one, or for this one
 * alone. */
static void remember(const struct request *request, struct made_text made, uint64_t next)
{
	const struct fuse_read_in *in = request->body;
	uint64_t node = node_handle(request, in->fh);

	if (note_text(request->files, node, made.bytes, made.length, next))
		release_open(request->tree, in->fh);
	else
		begin_open(request->tree, in->fh, made, next);
}

/* Before the answer is out: should this process die in between, the next one knows of it. But where
 * something is known of an earlier read, this one perhaps was answered after that was noted. */
static void remember_or_wait(const struct request *request, struct made_text made, uint64_t next)
{
	const struct fuse_read_in *in = request->body;
	bool is_known = find_node_entry(request->files, node_handle(request, in->fh)) ||
			find_open(request->tree, in->fh);

	if (request->may_be_answered && is_known) {
		undelivered = made;
		undelivered_next = next;
		return;
	}
	remember(request, made, next);
	is_doubtful = request->may_be_answered && next < made.length;
}

static int answer_read(const struct request *request, struct reply *reply)
{
	const struct fuse_read_in *in = request->body;

	if (request->body_length < 24 || !(in->read_flags & FUSE_READ_LOCKOWNER))
		return EINVAL; /* Fills of the page cache, which every container would be shown. */
	struct open_text *open = find_open(request->tree, in->fh);
	if (open && in->offset > 0 && open->next == in->offset) {
		go_on(request, open, reply);
		return 0;
	}
	if (!open && in->offset > 0) {
		if (go_on_elsewhere(request, reply))
			return 0;
		if (is_lost(request, in->fh))
			return EIO;
	}
	long length = read_fresh(request);
	if (length < 0)
		return (int)-length;
	uint64_t begin = smaller(in->offset, (uint64_t)length);
	used_text = length;
	reply->body = text + begin;
	reply->length = smaller(in->size, (uint64_t)length - begin);
	struct made_text made = { text, (uint64_t)length };
	remember_or_wait(request, made, in->offset + reply->length);
	return 0;
}

static void remember_delivered(const struct request *request)
{
	if (undelivered.bytes)
		remember(request, undelivered, undelivered_next);
}

/* Its reader has got the answer of an earlier server: of which text, nobody knows. */
static void doubt_remembered(const struct request *request)
{
	if (!is_doubtful)
		return;
	const struct fuse_read_in *in = request->body;
	struct node_entry *entry = find_node_entry(request->files, node_handle(request, in->fh));

	release_open(request->tree, in->fh);
	if (entry)
		entry->next = ELSEWHERE;
}

static void give_back(void)
{
	undelivered.bytes = NULL;
	is_doubtful = false;
	if (ended_text)
		drop_rest(ended_text);
	forget_text(used_text);
	ended_text = NULL;
	used_text = 0;
}

static int answer_release(const struct request *request)
{
	const struct fuse_release_in *in = request->body;

	if (request->body_length < 8)
		return EINVAL;
	release_open(request->tree, in->fh);
	forget_reading(request->files, node_handle(request, in->fh));
	return 0;
}

#endif
