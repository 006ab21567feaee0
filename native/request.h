/*
 * A request of the kernel's, and what its node is for a reader of the host.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "fixed-tree.h"
#include "node-files.h"
#include "system-places.h"

struct request {
	const struct fuse_in_header *header;
	const void *body;
	size_t body_length;
	const struct tree *tree;
	/* The Node server's, which is not there while this server serves. */
	const struct node_files *files;
	/* Whether an earlier server took it already, and whether it perhaps answered it. */
	bool is_asked_again, may_be_answered;
};

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

#endif
