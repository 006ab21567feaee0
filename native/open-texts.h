/*
 * Where each open file's last read ended, and what is left of its text: a reader with a small
 * buffer gets one text from its beginning to its end, as src/vfs/open-files.ts has it.
 *
 * What a handle of another server had read is not known here. Its next read, unless from the
 * beginning, fails: the rest of another text would make one that never was.
 */
#ifndef OPEN_TEXTS_H
#define OPEN_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MOST_TEXTS = 1024, MOST_TEXT_BYTES = 1024 * 1024, MOST_BYTES_KEPT = 8 * 1024 * 1024 };

/* Above all handles of the Node server. */
#define FIRST_HANDLE (1ULL << 52)

struct open_text {
	uint64_t handle; /* 0: free */
	const void *owner; /* the connection */
	uint64_t used; /* when, in uses */
	uint64_t next; /* where the last read ended */
	uint64_t length;
	uint64_t rest_at; /* offset of the first byte that is kept */
	uint8_t *rest; /* mapped for itself, so that it leaves no hole; or NULL */
};

static struct open_text open_texts[MOST_TEXTS];
static size_t bytes_kept;
static uint64_t uses;
/* Handles are counted in microseconds since boot at the least, so that no two servers on one
 * connection make the same: an open(2) takes longer than one. */
static uint64_t last_count, lost_count;

static void begin_handles(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	last_count = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	lost_count = last_count;
}

/* In the lowest bit of a handle, the file system of /proc/pressure says who opened the file: here,
 * nobody who may do more than others. */
static uint64_t handle_of_count(uint64_t count, bool has_triggers)
{
	return FIRST_HANDLE + (has_triggers ? 2 * count : count);
}

static uint64_t next_handle(bool has_triggers)
{
	last_count++;
	/* The Node server takes no multiple of 2^32. */
	if ((uint32_t)last_count == 0)
		last_count++;
	return handle_of_count(last_count, has_triggers);
}

/* Whether the handle was made here, and after the last time that something was forgotten: then what
 * is not known of it was never read. */
static bool was_never_read(uint64_t handle, bool has_triggers)
{
	return handle > handle_of_count(lost_count, has_triggers) &&
	       handle <= handle_of_count(last_count, has_triggers);
}

static size_t rest_bytes(const struct open_text *open)
{
	return open->rest ? (size_t)(open->length - open->rest_at) : 0;
}

static void drop_rest(struct open_text *open)
{
	bytes_kept -= rest_bytes(open);
	if (open->rest)
		munmap(open->rest, rest_bytes(open));
	open->rest = NULL;
}

static struct open_text *find_open(const void *owner, uint64_t handle)
{
	for (size_t index = 0; index < MOST_TEXTS; index++) {
		struct open_text *open = &open_texts[index];

		if (open->handle == handle && open->owner == owner) {
			open->used = ++uses;
			return open;
		}
	}
	return NULL;
}

static void release_open(const void *owner, uint64_t handle)
{
	struct open_text *open = find_open(owner, handle);

	if (!open)
		return;
	drop_rest(open);
	open->handle = 0;
}

static void lose(struct open_text *open)
{
	drop_rest(open);
	open->handle = 0;
	lost_count = last_count;
}

/* The one that was not used for the longest time; a free one, unless only `with_rest`. */
static struct open_text *oldest_open(bool with_rest)
{
	struct open_text *oldest = NULL;

	for (size_t index = 0; index < MOST_TEXTS; index++) {
		struct open_text *open = &open_texts[index];

		if (!open->handle && !with_rest)
			return open;
		if (open->handle && (open->rest || !with_rest) &&
		    (!oldest || open->used < oldest->used))
			oldest = open;
	}
	return oldest;
}

static struct open_text *claim_open(const void *owner, uint64_t handle)
{
	struct open_text *open = oldest_open(false);

	if (open->handle)
		lose(open);
	*open = (struct open_text){ .handle = handle, .owner = owner, .used = ++uses };
	return open;
}

static bool keep_rest(struct open_text *open, const char *from)
{
	size_t size = (size_t)(open->length - open->next);

	while (size <= MOST_TEXT_BYTES && bytes_kept + size > MOST_BYTES_KEPT)
		lose(oldest_open(true));
	if (size > MOST_TEXT_BYTES)
		return false;
	open->rest = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (open->rest == MAP_FAILED) {
		open->rest = NULL;
		return false;
	}
	memcpy(open->rest, from + open->next, size);
	open->rest_at = open->next;
	bytes_kept += size;
	return true;
}

struct made_text {
	const char *bytes;
	uint64_t length;
};

/* Remembers the end of a read that got a fresh text; NULL when there is no room for the rest. */
static struct open_text *begin_open(const void *owner, uint64_t handle, struct made_text made,
				    uint64_t next)
{
	struct open_text *open = find_open(owner, handle);

	if (!handle)
		return NULL;
	if (!open)
		open = claim_open(owner, handle);
	drop_rest(open);
	open->next = next;
	open->length = made.length > next ? made.length : next;
	if (next < made.length && !keep_rest(open, made.bytes)) {
		lose(open);
		return NULL;
	}
	return open;
}

#endif
