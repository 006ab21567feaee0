/*
 * /sys/devices/system/cpu and /sys/devices/system/node as a reader of the host has them:
 * src/sysfs/place-index.ts and src/sysfs/system-places.ts in C.
 *
 * What an id names is found by looking through the host's tree, where parts of the same name are
 * in each cpuN, so that one search there finds them for all.
 */
#ifndef SYSTEM_PLACES_H
#define SYSTEM_PLACES_H

#include "fuse-reply.h"
#include "host-files.h"
#include "node-ids.h"
#include <dirent.h>

/* More than the names of any host; then it begins anew. */
enum { MOST_PARTS = 4096, PART_TEXT_BYTES = 128 * 1024 };
enum { MOST_DEPTH = 16, PLACE_PATH_BYTES = REST_BYTES + 32 };

struct part {
	uint64_t key;
	uint32_t rest_at;
	enum entry_type type;
};

static struct part parts[MOST_PARTS];
static char part_texts[PART_TEXT_BYTES];
static size_t part_count, part_text_length;

static uint64_t part_key(enum tree_kind tree, bool is_indexed, uint64_t hash)
{
	return ((uint64_t)tree << 1 | is_indexed) << HASH_BITS | hash;
}

static struct part *find_part(uint64_t key)
{
	for (size_t index = 0; index < part_count; index++)
		if (parts[index].key == key)
			return &parts[index];
	return NULL;
}

static bool is_part_of(const struct part *part, const struct place *place)
{
	return part && part->type == place->type &&
	       strcmp(part_texts + part->rest_at, place->rest) == 0;
}

/* False when the place can have no id, another one having the same. */
static bool learn_place(const struct place *place)
{
	uint64_t key = part_key(place->tree, place->index != NO_INDEX, place_hash(place));
	struct part *known = find_part(key);
	size_t length = strlen(place->rest) + 1;

	if (is_tree_root(place))
		return true;
	if (known)
		return is_part_of(known, place);
	if (part_count == MOST_PARTS || part_text_length + length > PART_TEXT_BYTES)
		part_count = part_text_length = 0;
	parts[part_count++] = (struct part){ key, (uint32_t)part_text_length, place->type };
	memcpy(part_texts + part_text_length, place->rest, length);
	part_text_length += length;
	return true;
}

static bool is_known_place(const struct place *place)
{
	uint64_t key = part_key(place->tree, place->index != NO_INDEX, place_hash(place));

	return is_part_of(find_part(key), place);
}

/* Below /sys/devices/system. */
static void place_path(const struct place *place, char path[PLACE_PATH_BYTES])
{
	const char *tree = kind_names[place->tree];
	const char *slash = place->rest[0] ? "/" : "";

	if (place->index == NO_INDEX)
		snprintf(path, PLACE_PATH_BYTES, "%s%s%s", tree, slash, place->rest);
	else
		snprintf(path, PLACE_PATH_BYTES, "%s/%s%d%s%s", tree, tree, place->index, slash,
			 place->rest);
}

/* As what an entry of the host is served; false when it is not. Links to CPUs and nodes stay links;
 * a CPU's `cpufreq` is what it leads to; other links lead out of what is served. */
static bool served_type(const char *name, uint32_t mode, enum entry_type *type)
{
	struct numbered_name own;
	bool is_link = S_ISLNK(mode);
	bool is_directory = S_ISDIR(mode) || (is_link && strcmp(name, "cpufreq") == 0);

	*type = is_directory ? DIRECTORY : is_link ? LINK : TEXT_FILE;
	if (*type == LINK)
		return parse_numbered(name, &own) && own.kind != POLICY;
	return is_directory || S_ISREG(mode);
}

/* Called with each entry until it returns false. */
typedef bool entry_seen(void *context, const char *name, const struct place *place);

/* Without the C library, whose directories take 32 KiB each. */
static bool list_place(const struct place *place, entry_seen *seen, void *context)
{
	char path[PLACE_PATH_BYTES];
	_Alignas(8) char entries[2048];
	bool goes_on = true;
	long length;

	place_path(place, path);
	int fd = open_below(system_fd, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return false;
	while (goes_on && (length = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (long at = 0; goes_on && at < length;) {
			struct raw_dirent *entry = (struct raw_dirent *)(entries + at);
			enum entry_type type;
			struct place child;

			at += entry->length;
			if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
				continue;
			if (served_type(entry->name, DTTOIF(entry->type), &type) &&
			    child_of(place, entry->name, type, &child) && learn_place(&child))
				goes_on = seen(context, entry->name, &child);
		}
	}
	close(fd);
	return true;
}

struct search {
	uint64_t key;
	int index;
	int depth;
};

/* What is in `cpuN` is looked for in the one that the id names. */
static bool search_entry(void *context, const char *name, const struct place *place)
{
	struct search *search = context;

	(void)name;
	if (find_part(search->key))
		return false;
	if (place->type == DIRECTORY && place->index == search->index && search->depth < MOST_DEPTH) {
		search->depth++;
		list_place(place, search_entry, search);
		search->depth--;
	}
	return !find_part(search->key);
}

static bool find_place(uint64_t id, struct place *place)
{
	if (id == CPU_NODE || id == NUMA_NODE) {
		*place = tree_root(id == CPU_NODE ? CPU_TREE : NODE_TREE);
		return true;
	}
	uint64_t indexed = (id - FIRST_PLACE_ID) >> HASH_BITS;
	uint64_t index_bits = indexed & ((1 << INDEX_BITS) - 1);
	enum tree_kind tree = indexed >> INDEX_BITS ? NODE_TREE : CPU_TREE;
	uint64_t key = part_key(tree, index_bits != 0, id & ((1ULL << HASH_BITS) - 1));
	struct place top = { .tree = tree, .index = (int)index_bits - 1, .type = DIRECTORY };
	struct search search = { .key = key, .index = top.index };

	learn_place(&top);
	if (!find_part(key))
		list_place(&top, search_entry, &search);
	const struct part *part = find_part(key);
	if (!part)
		return false;
	*place = top;
	place->type = part->type;
	snprintf(place->rest, sizeof(place->rest), "%s", part_texts + part->rest_at);
	return true;
}

/* What the host has there; false when that is nothing, or of another type. */
static bool stat_place(const struct place *place, struct stat *stat)
{
	static const uint32_t type_bits[ENTRY_TYPES] = { S_IFDIR, S_IFREG, S_IFLNK };
	char path[PLACE_PATH_BYTES];

	place_path(place, path);
	return stat_below(system_fd, path, place->type == LINK ? O_NOFOLLOW : 0, stat) &&
	       (stat->st_mode & S_IFMT) == type_bits[place->type];
}

static struct attr place_attr(const struct place *place, const struct stat *stat)
{
	uint64_t id = place_id(place);

	return (struct attr){
		.id = id, .inode = inode_of(id), .size = (uint64_t)stat->st_size,
		.mode = stat->st_mode, .links = (uint32_t)stat->st_nlink, .uid = stat->st_uid,
		.gid = stat->st_gid,
		/* For what all readers have: the host may change its rights. */
		.valid_sec = depends_on_reader(place) ? 0 : 1,
	};
}

struct counted_cpus {
	int count;
};

static bool count_cpu(void *context, const char *name, const struct place *place)
{
	(void)name;
	((struct counted_cpus *)context)->count += place->index != NO_INDEX;
	return true;
}

/* Whether some container has the cpuN that the host has not: those of one count from 0. */
static bool is_elsewhere(const struct place *place)
{
	struct place cpus = tree_root(CPU_TREE);
	struct counted_cpus counted = { 0 };

	if (place->tree != CPU_TREE || place->index == NO_INDEX)
		return false;
	list_place(&cpus, count_cpu, &counted);
	return place->index < counted.count;
}

/* A child that the host has. */
static bool host_child(const struct place *parent, const char *name, struct place *child)
{
	char path[PLACE_PATH_BYTES + 257];
	struct stat stat;
	enum entry_type type;

	place_path(parent, path);
	size_t length = strlen(path);
	snprintf(path + length, sizeof(path) - length, "/%s", name);
	return stat_below(system_fd, path, O_NOFOLLOW, &stat) &&
	       served_type(name, stat.st_mode, &type) && child_of(parent, name, type, child) &&
	       learn_place(child);
}

/* Or one that a container has or had: the kernel would drop the name for all of them, and with it
 * what is mounted there. */
static bool find_child(const struct place *parent, const char *name, struct place *child)
{
	if (host_child(parent, name, child))
		return true;
	for (int type = 0; type < ENTRY_TYPES; type++) {
		if (!child_of(parent, name, (enum entry_type)type, child))
			continue;
		if (child->index == parent->index ? is_known_place(child) : is_elsewhere(child))
			return true;
	}
	return false;
}

#endif
