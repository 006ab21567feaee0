/*
 * READDIR and READDIRPLUS.
 */
#ifndef ANSWER_READDIR_H
#define ANSWER_READDIR_H

#include "request.h"

/* What is in a directory, to be put in order: by name, and `cpuN` and `nodeN` last by number.
 * Memory that no directory needs is not there. */
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

#endif
