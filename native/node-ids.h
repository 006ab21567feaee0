/*
 * Places in the served parts of /sys/devices/system and their node ids, which are made from the
 * places themselves, so that every server finds the same: src/sysfs/place.ts and
 * src/sysfs/node-ids.ts in C.
 *
 *   2^52 + (1 bit tree, 14 bits index + 1, 37 bits hash of type and rest)
 */
#ifndef NODE_IDS_H
#define NODE_IDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum tree_kind { CPU_TREE, NODE_TREE, POLICY, KINDS };
enum entry_type { DIRECTORY, TEXT_FILE, LINK, ENTRY_TYPES };
enum { ROOT_NODE = 1, SYSTEM_NODE = 10, CPU_NODE = 11, NUMA_NODE = 12 };
enum { HASH_BITS = 37, INDEX_BITS = 14, HIGHEST_INDEX = (1 << INDEX_BITS) - 2, NO_INDEX = -1 };

#define FIRST_PLACE_ID (1ULL << 52)
#define REST_BYTES 240

static const char *const kind_names[KINDS] = { "cpu", "node", "policy" };
static const char *const type_names[ENTRY_TYPES] = { "directory", "file", "link" };

/* `rest` is the path below `cpu/cpuN`, or below `cpu` when there is no index. */
struct place {
	enum tree_kind tree;
	int index;
	enum entry_type type;
	char rest[REST_BYTES];
};

struct numbered_name {
	enum tree_kind kind;
	int number;
};

/* `cpu`, `node` or `policy` and a number without leading zeros. */
static bool parse_numbered(const char *name, struct numbered_name *parsed)
{
	for (int kind = 0; kind < KINDS; kind++) {
		size_t length = strlen(kind_names[kind]);
		const char *digits = name + length;

		if (strncmp(name, kind_names[kind], length) != 0)
			continue;
		size_t count = strspn(digits, "0123456789");
		if (count == 0 || count > 5 || digits[count] || (digits[0] == '0' && count > 1))
			return false;
		*parsed = (struct numbered_name){ (enum tree_kind)kind, atoi(digits) };
		return true;
	}
	return false;
}

static uint32_t rotated(uint32_t word, int bits)
{
	return word << bits | word >> (32 - bits);
}

static void mix(uint32_t v[4], int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[1] = rotated(v[1], 5) ^ v[0];
		v[0] = rotated(v[0], 16);
		v[2] += v[3];
		v[3] = rotated(v[3], 8) ^ v[2];
		v[0] += v[3];
		v[3] = rotated(v[3], 7) ^ v[0];
		v[2] += v[1];
		v[1] = rotated(v[1], 13) ^ v[2];
		v[2] = rotated(v[2], 16);
	}
}

static void absorb(uint32_t v[4], uint32_t word)
{
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
}

/* HalfSipHash-2-4 with a key of 0 and 64 bits of result. */
static uint64_t hash_of_text(const char *bytes, size_t length)
{
	uint32_t v[4] = { 0, 0xee, 0x6c796765, 0x74656462 };
	uint32_t word = 0;

	for (size_t index = 0; index < length; index++) {
		word |= (uint32_t)(uint8_t)bytes[index] << 8 * (index & 3);
		if ((index & 3) != 3)
			continue;
		absorb(v, word);
		word = 0;
	}
	absorb(v, (uint32_t)length << 24 | word);
	v[2] ^= 0xee;
	mix(v, 4);
	uint32_t low = v[1] ^ v[3];
	v[1] ^= 0xdd;
	mix(v, 4);
	return (uint64_t)(v[1] ^ v[3]) << 32 | low;
}

static uint64_t place_hash(const struct place *place)
{
	char name[REST_BYTES + 16];
	int length = snprintf(name, sizeof(name), "%s:%s", type_names[place->type], place->rest);

	return hash_of_text(name, (size_t)length) & ((1ULL << HASH_BITS) - 1);
}

static bool is_tree_root(const struct place *place)
{
	return place->index == NO_INDEX && !place->rest[0];
}

static uint64_t place_id(const struct place *place)
{
	uint64_t indexed = ((uint64_t)place->tree << INDEX_BITS) + (uint64_t)(place->index + 1);

	if (is_tree_root(place))
		return place->tree == CPU_TREE ? CPU_NODE : NUMA_NODE;
	return FIRST_PLACE_ID + (indexed << HASH_BITS) + place_hash(place);
}

static bool is_place_id(uint64_t id)
{
	return id == CPU_NODE || id == NUMA_NODE || (id >= FIRST_PLACE_ID && id < 2 * FIRST_PLACE_ID);
}

/* In 31 bits: 32-bit programs fail with EOVERFLOW on larger ones. */
static uint64_t inode_of(uint64_t id)
{
	uint32_t upper = (uint32_t)((id - FIRST_PLACE_ID) >> HASH_BITS);

	if (id < FIRST_PLACE_ID)
		return id;
	return ((((uint32_t)id & 0x3fffffff) ^ upper * 0x9e3779b1U) & 0x3fffffff) + (1U << 30);
}

static struct place tree_root(enum tree_kind tree)
{
	return (struct place){ .tree = tree, .index = NO_INDEX, .type = DIRECTORY };
}

/* False when the path would be longer than any that is served. */
static bool child_of(const struct place *parent, const char *name, enum entry_type type,
		     struct place *child)
{
	struct numbered_name own;
	struct place made = { .tree = parent->tree, .index = parent->index, .type = type };
	const char *slash = parent->rest[0] ? "/" : "";
	int length = 0;

	if (is_tree_root(parent) && type == DIRECTORY && parse_numbered(name, &own) &&
	    own.kind == parent->tree)
		made.index = own.number;
	else
		length = snprintf(made.rest, sizeof(made.rest), "%s%s%s", parent->rest, slash, name);
	if (length >= (int)sizeof(made.rest) || made.index > HIGHEST_INDEX)
		return false;
	*child = made;
	return true;
}

/* Precondition: the place is no root of a tree. */
static struct place parent_of(const struct place *place)
{
	struct place parent = *place;
	char *slash = strrchr(parent.rest, '/');

	parent.type = DIRECTORY;
	if (!place->rest[0])
		return tree_root(place->tree);
	*(slash ? slash : parent.rest) = 0;
	return parent;
}

/* Whether some readers have the place and some not, or have other things behind it. */
static bool depends_on_reader(const struct place *place)
{
	struct numbered_name own;
	char names[REST_BYTES], *rest = names, *name;

	if (place->index != NO_INDEX)
		return true;
	memcpy(names, place->rest, sizeof(names));
	while ((name = strsep(&rest, "/")))
		if (parse_numbered(name, &own))
			return true;
	return false;
}

#endif
