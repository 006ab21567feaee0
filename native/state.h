/*
 * The layout of the state: the memfd that outlives servers. src/daemon/state-file.ts and
 * its neighbours write it; a row whose name is empty is not used. Little endian.
 */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define STATE_MAGIC "nsproc\0\1"
enum { STATE_MAGIC_BYTES = 8, STATE_ROWS_AT = 64, STATE_ROWS = 62, KNOWN_VERSION = 1 };

struct state_row {
	char name[32];
	uint32_t version;
	uint32_t unused;
	uint64_t offset;
	uint64_t length;
	uint64_t reserved;
};

enum { JOURNAL_HEAD_BYTES = 4096, JOURNAL_REQUEST_BYTES = 8192 };

/* What one thread is at. The head is the Node side's; the request is as read(2) left it, and not
 * answered as long as the `unique` in it is not 0. Slot 0 is host-server's. */
struct journal_slot {
	uint8_t head[JOURNAL_HEAD_BYTES];
	uint8_t request[JOURNAL_REQUEST_BYTES];
};

struct journal {
	struct journal_slot *slots;
	size_t count;
};

struct state {
	uint8_t *memory;
	size_t length;
};

_Static_assert(sizeof(struct state_row) == 64, "as the table has it");

/* Of a server that is gone, or of another version: nothing in it is trusted. */
static inline struct state map_state(int fd)
{
	struct state state = { NULL, 0 };
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0 || (size_t)stat.st_size < JOURNAL_HEAD_BYTES)
		return state;
	state.memory = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (state.memory == MAP_FAILED) {
		state.memory = NULL;
	} else if (memcmp(state.memory, STATE_MAGIC, STATE_MAGIC_BYTES) != 0) {
		munmap(state.memory, (size_t)stat.st_size);
		state.memory = NULL;
	} else {
		state.length = (size_t)stat.st_size;
	}
	return state;
}

/* NULL when there is no such region, or one of another layout. */
static inline void *find_region(struct state state, const char *name, size_t *length)
{
	struct state_row row;

	*length = 0;
	for (size_t index = 0; state.memory && index < STATE_ROWS; index++) {
		memcpy(&row, state.memory + STATE_ROWS_AT + index * sizeof(row), sizeof(row));
		if (strncmp(row.name, name, sizeof(row.name)) != 0)
			continue;
		if (row.version != KNOWN_VERSION || row.offset % 8 != 0 ||
		    row.offset > state.length || row.length > state.length - row.offset)
			continue;
		*length = row.length;
		return state.memory + row.offset;
	}
	return NULL;
}

static inline struct journal find_journal(struct state state, const char *name)
{
	struct journal journal;
	size_t length;

	journal.slots = find_region(state, name, &length);
	journal.count = length / sizeof(struct journal_slot);
	return journal;
}

/* When the session's first server started, seconds since 1970: the times of all nodes. 0 when that
 * is not known. */
static inline uint64_t session_start_sec(struct state state)
{
	size_t length;
	const double *words = find_region(state, "session", &length);

	return length >= sizeof(*words) && words[0] > 0 ? (uint64_t)words[0] : 0;
}

/* Numbers of a session. */
enum { SESSION_TREE_DEVICE = 5, SESSION_PRESSURE_DEVICE = 6 };

/* Of a connection's file system: 2^20 times the major number, and the minor one. 0 when it is not
 * known. */
static inline uint64_t session_device(struct state state, size_t word)
{
	size_t length;
	const double *words = find_region(state, "session", &length);

	return length > word * sizeof(*words) && words[word] > 0 ? (uint64_t)words[word] : 0;
}

/* The `unique` of struct fuse_in_header. */
static inline uint64_t *unique_of(uint8_t *request)
{
	return (uint64_t *)(request + 8);
}

#endif
