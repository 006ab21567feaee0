/*
 * The fixed nodes of both file systems: src/procfs/catalogue.ts, src/procfs/pressure.ts,
 * src/sysfs/directories.ts and src/vfs/tree.ts in C. Node ids are for ever.
 */
#ifndef FIXED_TREE_H
#define FIXED_TREE_H

#include "fuse-reply.h"
#include "host-files.h"
#include "node-ids.h"

enum { PROC_NODE = 2, SYS_NODE = 8, DEVICES_NODE = 9 };

struct fixed_node {
	uint64_t id;
	uint64_t parent;
	const char *name;
	/* Permission bits. */
	uint32_t mode;
	/* Below /proc; NULL for a directory. */
	const char *host_path;
	/* What is told of it is not for the kernel to remember. */
	bool is_dynamic;
	bool is_missing;
	uint64_t size;
};

struct tree {
	struct fixed_node *nodes;
	size_t count;
	/* As /proc/pressure: files that can be written to and waited for. */
	bool has_triggers;
};

/* Entries of a directory are listed in this order. */
static struct fixed_node main_nodes[] = {
	{ .id = ROOT_NODE, .parent = ROOT_NODE, .name = "", .mode = 0555 },
	{ .id = PROC_NODE, .parent = ROOT_NODE, .name = "proc", .mode = 0555 },
	{ .id = 3, .parent = PROC_NODE, .name = "pressure", .mode = 0555 },
	{ .id = SYS_NODE, .parent = ROOT_NODE, .name = "sys", .mode = 0555 },
	{ .id = DEVICES_NODE, .parent = SYS_NODE, .name = "devices", .mode = 0555 },
	{ .id = SYSTEM_NODE, .parent = DEVICES_NODE, .name = "system", .mode = 0555 },
	{ .id = CPU_NODE, .parent = SYSTEM_NODE, .name = "cpu", .mode = 0555, .is_dynamic = true },
	{ .id = NUMA_NODE, .parent = SYSTEM_NODE, .name = "node", .mode = 0555, .is_dynamic = true },
	{ .id = 16, .parent = PROC_NODE, .name = "uptime", .mode = 0444, .host_path = "uptime" },
	{ .id = 17, .parent = PROC_NODE, .name = "meminfo", .mode = 0444, .host_path = "meminfo" },
	{ .id = 18, .parent = PROC_NODE, .name = "stat", .mode = 0444, .host_path = "stat" },
	{ .id = 19, .parent = PROC_NODE, .name = "swaps", .mode = 0444, .host_path = "swaps" },
	{ .id = 20, .parent = PROC_NODE, .name = "diskstats", .mode = 0444, .host_path = "diskstats" },
	{ .id = 21, .parent = PROC_NODE, .name = "cpuinfo", .mode = 0444, .host_path = "cpuinfo" },
	{ .id = 22, .parent = PROC_NODE, .name = "slabinfo", .mode = 0400, .host_path = "slabinfo" },
	{ .id = 24, .parent = PROC_NODE, .name = "loadavg", .mode = 0444, .host_path = "loadavg" },
};

static struct fixed_node pressure_nodes[] = {
	{ .id = ROOT_NODE, .parent = ROOT_NODE, .name = "", .mode = 0555 },
	{ .id = 32, .parent = ROOT_NODE, .name = "cpu", .mode = 0666, .host_path = "pressure/cpu" },
	{ .id = 33, .parent = ROOT_NODE, .name = "memory", .mode = 0666, .host_path = "pressure/memory" },
	{ .id = 34, .parent = ROOT_NODE, .name = "io", .mode = 0666, .host_path = "pressure/io" },
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct tree main_tree = { main_nodes, COUNT_OF(main_nodes), false };
static struct tree pressure_tree = { pressure_nodes, COUNT_OF(pressure_nodes), true };

static struct fixed_node *find_node(const struct tree *tree, uint64_t id)
{
	for (size_t index = 0; index < tree->count; index++)
		if (tree->nodes[index].id == id && !tree->nodes[index].is_missing)
			return &tree->nodes[index];
	return NULL;
}

static bool is_child(const struct fixed_node *node, uint64_t parent)
{
	return node->parent == parent && node->id != ROOT_NODE && !node->is_missing;
}

static struct fixed_node *find_fixed_child(const struct tree *tree, uint64_t parent,
					   const char *name)
{
	for (size_t index = 0; index < tree->count; index++)
		if (is_child(&tree->nodes[index], parent) &&
		    strcmp(tree->nodes[index].name, name) == 0)
			return &tree->nodes[index];
	return NULL;
}

static uint32_t links_of(const struct tree *tree, const struct fixed_node *node)
{
	uint32_t links = 2;

	if (node->host_path)
		return 1;
	for (size_t index = 0; index < tree->count; index++)
		links += is_child(&tree->nodes[index], node->id) && !tree->nodes[index].host_path;
	return links;
}

static struct attr fixed_attr(const struct tree *tree, const struct fixed_node *node)
{
	return (struct attr){
		.id = node->id, .inode = node->id, .size = node->size,
		.mode = node->mode | (node->host_path ? S_IFREG : S_IFDIR),
		.links = links_of(tree, node), .valid_sec = node->is_dynamic ? 0 : FOREVER_SEC,
	};
}

static void list_fixed(const struct tree *tree, const struct fixed_node *node,
		       struct listing *listing)
{
	struct attr own = fixed_attr(tree, node);
	struct attr parent = fixed_attr(tree, find_node(tree, node->parent));

	list_entry(listing, ".", &own);
	list_entry(listing, "..", &parent);
	for (size_t index = 0; index < tree->count; index++) {
		if (!is_child(&tree->nodes[index], node->id))
			continue;
		struct attr child = fixed_attr(tree, &tree->nodes[index]);
		list_entry(listing, tree->nodes[index].name, &child);
	}
}

/* At least the length of the text, in whole blocks; see sizeBytesFor() in src/vfs/tree.ts. */
static uint64_t size_for(const char *host_path)
{
	long length = read_text(proc_fd, host_path);
	uint64_t longest = 1024;

	if (length > 0) {
		longest += ((uint64_t)length * 5 + 3) / 4;
		forget_text(length);
	}
	return (longest + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

static bool host_has_directory(const char *path)
{
	struct stat stat;

	return system_fd >= 0 && stat_below(system_fd, path, 0, &stat) && S_ISDIR(stat.st_mode);
}

/* What the host has none of, the mount has none of. */
static void look_at_host(void)
{
	bool has_cpus = host_has_directory("cpu");
	bool has_nodes = host_has_directory("node");
	struct stat stat;

	for (size_t index = 0; index < COUNT_OF(main_nodes); index++) {
		struct fixed_node *node = &main_nodes[index];

		if (node->id >= SYS_NODE && node->id <= SYSTEM_NODE)
			node->is_missing = !has_cpus && !has_nodes;
		else if (node->is_dynamic)
			node->is_missing = node->id == CPU_NODE ? !has_cpus : !has_nodes;
		if (!node->host_path)
			continue;
		node->is_missing = !stat_below(proc_fd, node->host_path, 0, &stat);
		node->size = size_for(node->host_path);
	}
	for (size_t index = 0; index < COUNT_OF(pressure_nodes); index++)
		if (pressure_nodes[index].host_path)
			pressure_nodes[index].size = BLOCK_BYTES;
}

#endif
