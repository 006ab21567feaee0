/*
 * What the Node server remembers of open files, in the state: src/vfs/handle-table.ts,
 * src/vfs/open-files.ts and src/vfs/page-pool.ts in C, as far as a server that comes in between
 * needs them.
 *
 * So a reader that was in the middle of a text gets the rest of it, and one that had all of it
 * gets the end, here and from the next server. That finds ELSEWHERE where there was no room for the
 * rest of a text that was made here.
 */
#ifndef NODE_FILES_H
#define NODE_FILES_H

#include "state.h"

enum { TABLE_CAPACITY = 1 << 15, OWNER_BUCKETS = 1 << 12, POOL_PAGES = 1 << 13, PAGE_BYTES = 4096 };
enum { MOST_ENTRIES = TABLE_CAPACITY / 4 * 3, MOST_OWN_ENTRIES = TABLE_CAPACITY / 16 };
enum { MOST_OWN_PAGES = POOL_PAGES / 16 };
/* As the owner of the lock. */
enum { HOST_SERVER = 2000000 };
/* Words of the region, then of the table, then of the pool. */
enum { ENTRY_WORDS = 8, LOCK_WORD = 0, LAST_HANDLE_WORD = 2, BEFORE_FIRST_WORD = 4, TABLE_AT = 6 };
enum { COUNT_WORD = TABLE_AT, CHANGING_WORD = TABLE_AT + 1, ENTRIES_AT = TABLE_AT + 4 };
enum { OWNERS_AT = ENTRIES_AT + TABLE_CAPACITY * ENTRY_WORDS };
enum { POOL_AT = OWNERS_AT + OWNER_BUCKETS * 2, POOL_USED = POOL_AT, POOL_FREE = POOL_AT + 1 };
enum { POOL_EVER_USED = POOL_AT + 2 };
enum { LINKS_AT = POOL_AT + 3, WORDS = LINKS_AT + POOL_PAGES + 1 };
/* In place of where the last read ended: in a text of another server, that is not here. */
enum { ELSEWHERE = -2 };

#define NODE_FILES_BYTES ((size_t)WORDS * 4 + (size_t)POOL_PAGES * PAGE_BYTES)

struct node_entry {
	uint32_t handle_low; /* 0: free */
	uint32_t handle_high;
	int32_t owner;
	int32_t next;
	int32_t last; /* where the last read began, if it went on with the text */
	int32_t length;
	int32_t first_page; /* 0: nothing is kept */
	int32_t first_page_offset;
};

/* NULL words: there is no such memory. */
struct node_files {
	int32_t *words;
	uint8_t *pages;
};

static struct node_files find_node_files(struct state state, const char *name)
{
	size_t length;
	int32_t *words = find_region(state, name, &length);

	if (!words || length != NODE_FILES_BYTES)
		return (struct node_files){ NULL, NULL };
	return (struct node_files){ words, (uint8_t *)(words + WORDS) };
}

static uint64_t u64_at(const struct node_files *files, int word)
{
	return (uint64_t)(uint32_t)files->words[word + 1] << 32 | (uint32_t)files->words[word];
}

static struct node_entry *entry_at(const struct node_files *files, uint32_t slot)
{
	return (struct node_entry *)(files->words + ENTRIES_AT + slot * ENTRY_WORDS);
}

static uint32_t home_of(uint64_t handle)
{
	return (uint32_t)handle * 0x9e3779b1U >> 17;
}

static uint64_t handle_of(const struct node_entry *entry)
{
	return (uint64_t)entry->handle_high << 32 | entry->handle_low;
}

/* The entry; a free one when there is none; NULL when nothing is to be known of the handle. */
static struct node_entry *probe(const struct node_files *files, uint64_t handle)
{
	uint32_t slot = home_of(handle);

	if (!files->words || (uint32_t)handle == 0)
		return NULL;
	for (int tried = 0; tried < TABLE_CAPACITY; tried++) {
		struct node_entry *entry = entry_at(files, slot);

		if (entry->handle_low == 0 || handle_of(entry) == handle)
			return entry;
		slot = (slot + 1) % TABLE_CAPACITY;
	}
	return NULL;
}

static struct node_entry *find_node_entry(const struct node_files *files, uint64_t handle)
{
	struct node_entry *entry = probe(files, handle);

	return entry && entry->handle_low != 0 ? entry : NULL;
}

/* Whether the Node server made the handle. Those that it knows no more of get a fresh text. */
static bool is_node_handle(const struct node_files *files, uint64_t handle)
{
	return files->words && handle > u64_at(files, BEFORE_FIRST_WORD) &&
	       handle <= u64_at(files, LAST_HANDLE_WORD);
}

/* Copies what is kept from `offset` on; false when it is not there. */
static bool copy_pages(const struct node_files *files, const struct node_entry *entry,
		       size_t offset, uint8_t *into, size_t count)
{
	int64_t skip = (int64_t)offset - entry->first_page_offset;
	int32_t page = entry->first_page;

	for (; skip >= 0 && page > 0 && page <= POOL_PAGES; page = files->words[LINKS_AT + page]) {
		size_t here = skip < PAGE_BYTES ? (size_t)(PAGE_BYTES - skip) : 0;

		if (here > count)
			here = count;
		memcpy(into, files->pages + (size_t)(page - 1) * PAGE_BYTES + (here ? skip : 0),
		       here);
		into += here;
		count -= here;
		skip = here ? 0 : skip - PAGE_BYTES;
		if (count == 0)
			return true;
	}
	return count == 0;
}

/* Goes on with the text of an earlier server: how many bytes, 0 at its end; -1 when this read does
 * not go on with it. */
static long read_on(const struct node_files *files, uint64_t handle, uint64_t offset,
		    bool is_asked_again, uint8_t *into, size_t size)
{
	struct node_entry *entry = find_node_entry(files, handle);

	if (!entry || offset > INT32_MAX)
		return -1;
	if (entry->next != (int32_t)offset && !(is_asked_again && entry->last == (int32_t)offset))
		return -1;
	if (entry->length <= (int32_t)offset)
		return 0;
	size_t left = (size_t)entry->length - offset;
	size_t count = size < left ? size : left;
	if (!copy_pages(files, entry, offset, into, count))
		return -1;
	entry->last = (int32_t)offset;
	entry->next = (int32_t)(offset + count);
	return (long)count;
}

static bool is_read_elsewhere(const struct node_files *files, uint64_t handle)
{
	const struct node_entry *entry = find_node_entry(files, handle);

	return entry && entry->next == ELSEWHERE;
}

static int32_t *owner_words(const struct node_files *files, int32_t owner)
{
	return files->words + OWNERS_AT + ((uint32_t)owner % OWNER_BUCKETS) * 2;
}

/* Should this process die before end_change(), the next server mends the memory and loses the
 * handle. */
static void begin_change(const struct node_files *files, uint64_t handle)
{
	files->words[CHANGING_WORD + 1] = (int32_t)(handle >> 32);
	__atomic_store_n(&files->words[CHANGING_WORD], (int32_t)handle, __ATOMIC_SEQ_CST);
	__atomic_store_n(&files->words[LOCK_WORD], HOST_SERVER, __ATOMIC_SEQ_CST);
}

static void end_change(const struct node_files *files)
{
	__atomic_store_n(&files->words[CHANGING_WORD], 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&files->words[LOCK_WORD], 0, __ATOMIC_SEQ_CST);
}

/* A new entry belongs to nobody in particular. */
static bool claim_entry(const struct node_files *files, struct node_entry *entry, uint64_t handle)
{
	if (entry->handle_low != 0)
		return true;
	if (files->words[COUNT_WORD] >= MOST_ENTRIES || files->words[OWNERS_AT] >= MOST_OWN_ENTRIES)
		return false;
	*entry = (struct node_entry){ .handle_high = (uint32_t)(handle >> 32) };
	entry->handle_low = (uint32_t)handle;
	files->words[COUNT_WORD]++;
	files->words[OWNERS_AT]++;
	return true;
}

static void free_pages(const struct node_files *files, struct node_entry *entry)
{
	int32_t page = entry->first_page, count = 0, next;

	entry->first_page = 0;
	while (page > 0 && page <= POOL_PAGES && count < POOL_PAGES) {
		next = files->words[LINKS_AT + page];
		files->words[LINKS_AT + page] = files->words[POOL_FREE];
		files->words[POOL_FREE] = page;
		page = next;
		count++;
	}
	files->words[POOL_USED] -= count;
	owner_words(files, entry->owner)[1] -= count;
}

/* 0 when there is none. */
static int32_t take_page(const struct node_files *files, int32_t owner)
{
	int32_t page = files->words[POOL_FREE];

	if (page > 0 && page <= POOL_PAGES)
		files->words[POOL_FREE] = files->words[LINKS_AT + page];
	else if (files->words[POOL_EVER_USED] < POOL_PAGES)
		page = ++files->words[POOL_EVER_USED];
	else
		return 0;
	files->words[LINKS_AT + page] = 0;
	files->words[POOL_USED]++;
	owner_words(files, owner)[1]++;
	return page;
}

/* As PagePool.store(). Preconditions: the entry has no pages. */
static bool store_pages(const struct node_files *files, struct node_entry *entry, const char *rest,
			size_t size)
{
	size_t pages = (size + PAGE_BYTES - 1) / PAGE_BYTES;
	int32_t last = 0;

	if (owner_words(files, entry->owner)[1] + (int64_t)pages > MOST_OWN_PAGES)
		return false;
	for (size_t done = 0; done < size; done += PAGE_BYTES) {
		size_t here = size - done < PAGE_BYTES ? size - done : PAGE_BYTES;
		int32_t page = take_page(files, entry->owner);

		if (page == 0) {
			free_pages(files, entry);
			return false;
		}
		memcpy(files->pages + (size_t)(page - 1) * PAGE_BYTES, rest + done, here);
		*(last ? &files->words[LINKS_AT + last] : &entry->first_page) = page;
		last = page;
	}
	return true;
}

/* For whichever server gets the handle's next read: how far its reader is, and the rest of the
 * text. False when that has no room; it then knows that it has to do with a text of another. */
static bool note_text(const struct node_files *files, uint64_t handle, const char *text,
		      uint64_t length, uint64_t next)
{
	struct node_entry *entry = probe(files, handle);
	bool is_kept = next >= length && next <= INT32_MAX;

	if (!entry)
		return false;
	begin_change(files, handle);
	if (!claim_entry(files, entry, handle)) {
		end_change(files);
		return false;
	}
	free_pages(files, entry);
	if (!is_kept && length <= INT32_MAX)
		is_kept = store_pages(files, entry, text + next, (size_t)(length - next));
	entry->first_page_offset = is_kept ? (int32_t)next : 0;
	entry->length = is_kept ? (int32_t)(length > next ? length : next) : 0;
	entry->last = -1;
	entry->next = is_kept ? (int32_t)next : ELSEWHERE;
	end_change(files);
	return is_kept;
}

/* Moves the entries behind it up, so that no probe meets a hole. */
static void close_hole(const struct node_files *files, uint32_t hole)
{
	for (uint32_t slot = (hole + 1) % TABLE_CAPACITY;; slot = (slot + 1) % TABLE_CAPACITY) {
		struct node_entry *moved = entry_at(files, slot);

		if (moved->handle_low == 0)
			return;
		uint32_t distance = (slot - home_of(handle_of(moved))) % TABLE_CAPACITY;
		if (distance < (slot - hole) % TABLE_CAPACITY)
			continue;
		*entry_at(files, hole) = *moved;
		moved->handle_low = 0;
		hole = slot;
	}
}

static void forget_reading(const struct node_files *files, uint64_t handle)
{
	struct node_entry *entry = find_node_entry(files, handle);

	if (!entry)
		return;
	begin_change(files, handle);
	free_pages(files, entry);
	owner_words(files, entry->owner)[0]--;
	files->words[COUNT_WORD]--;
	entry->handle_low = 0;
	close_hole(files, (uint32_t)(entry - entry_at(files, 0)));
	end_change(files);
}

/* Whether the entry's pages are a chain of the length that its text needs, and no other's; they are
 * its own then. */
static bool owns_pages(const struct node_files *files, const struct node_entry *entry,
		       bool used[POOL_PAGES + 1])
{
	int64_t left =
		((int64_t)entry->length - entry->first_page_offset + PAGE_BYTES - 1) / PAGE_BYTES;
	int32_t page = entry->first_page;

	if (page == 0)
		return true;
	for (; left > 0 && page > 0 && page <= POOL_PAGES && !used[page]; left--)
		page = files->words[LINKS_AT + page];
	if (left != 0 || page != 0)
		return false;
	for (page = entry->first_page; page != 0; page = files->words[LINKS_AT + page])
		used[page] = true;
	return true;
}

/* All pages but these are free. */
static void rebuild_pool(const struct node_files *files, const bool used[POOL_PAGES + 1])
{
	int32_t ever_used = files->words[POOL_EVER_USED];

	if (ever_used < 0 || ever_used > POOL_PAGES)
		ever_used = POOL_PAGES;
	for (int32_t page = POOL_PAGES; page > ever_used; page--)
		if (used[page])
			ever_used = page;
	files->words[POOL_EVER_USED] = ever_used;
	files->words[POOL_USED] = 0;
	files->words[POOL_FREE] = 0;
	for (int32_t page = ever_used; page > 0; page--) {
		if (used[page]) {
			files->words[POOL_USED]++;
			continue;
		}
		files->words[LINKS_AT + page] = files->words[POOL_FREE];
		files->words[POOL_FREE] = page;
	}
}

static void enter_anew(const struct node_files *files, const struct node_entry *old)
{
	struct node_entry *entry = probe(files, handle_of(old));

	if (!entry || entry->handle_low != 0)
		return;
	*entry = *old;
	files->words[COUNT_WORD]++;
	owner_words(files, entry->owner)[0]++;
	if (entry->first_page)
		owner_words(files, entry->owner)[1] +=
			(entry->length - entry->first_page_offset + PAGE_BYTES - 1) / PAGE_BYTES;
}

/* A server that died while it changed the memory has left it half done: as OpenFiles.recoverAll().
 * Until it is mended no handle counts as the Node server's, or a text could be taken for the rest
 * of another one, should this process die as well. Precondition: no other server uses it. */
static void mend_node_files(struct node_files *files)
{
	static bool used[POOL_PAGES + 1];
	size_t table_bytes = (size_t)TABLE_CAPACITY * sizeof(struct node_entry), count = 0;

	if (!files->words || files->words[LOCK_WORD] == 0)
		return;
	struct node_entry *whole =
		mmap(NULL, table_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (whole == MAP_FAILED) {
		files->words = NULL;
		return;
	}
	uint64_t before_first = u64_at(files, BEFORE_FIRST_WORD);
	uint64_t changing = u64_at(files, CHANGING_WORD);
	memcpy(files->words + BEFORE_FIRST_WORD, files->words + LAST_HANDLE_WORD, sizeof(uint64_t));
	memset(used, 0, sizeof(used));
	for (uint32_t slot = 0; slot < TABLE_CAPACITY; slot++) {
		const struct node_entry *entry = entry_at(files, slot);

		if (entry->handle_low != 0 && handle_of(entry) != changing &&
		    owns_pages(files, entry, used))
			whole[count++] = *entry;
	}
	memset(files->words + TABLE_AT, 0, (size_t)(POOL_AT - TABLE_AT) * 4);
	for (size_t index = 0; index < count; index++)
		enter_anew(files, &whole[index]);
	rebuild_pool(files, used);
	munmap(whole, table_bytes);
	memcpy(files->words + BEFORE_FIRST_WORD, &before_first, sizeof(before_first));
	__atomic_store_n(&files->words[LOCK_WORD], 0, __ATOMIC_SEQ_CST);
}

#endif
