/*
 * Takes over what a keeper (host-server.c) has been left with: see keeper-socket.h.
 */
#ifndef KEEPER_CLIENT_H
#define KEEPER_CLIENT_H

#include "kept-fds.h"

#define KEEPER_PATIENCE_SEC 10
/* SCM_MAX_FD of the kernel: so many fds go into one message. */
#define MOST_FDS_OF_MESSAGE 253

static struct named_fd fetched[MOST_FDS];
static int fetched_count;

/* The next message: "COUNT NAME:NAME:...\n" with the fds of the names. Returns COUNT, which is of
 * all messages together. */
static int receive_part(int fd)
{
	static char names[MOST_FDS * (NAME_BYTES + 1)];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * MOST_FDS_OF_MESSAGE)];
	} control;
	struct iovec part = { names, sizeof names - 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof control };
	ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *rights = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (rights == NULL || rights->cmsg_type != SCM_RIGHTS || message.msg_flags & MSG_CTRUNC)
		die("get the keeper's fds");
	names[length] = 0;
	names[strcspn(names, "\n")] = 0;
	int count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	char *rest = strchr(names, ' ');
	if (rest)
		rest++;
	for (int i = 0; i < count; i++) {
		char *name = rest ? strsep(&rest, ":") : NULL;
		if (name == NULL || fetched_count == MOST_FDS)
			die("name the keeper's fds");
		struct named_fd *passed = &fetched[fetched_count++];
		memcpy(&passed->fd, CMSG_DATA(rights) + i * sizeof(int), sizeof passed->fd);
		snprintf(passed->name, sizeof passed->name, "%s", name);
	}
	return atoi(names);
}

/* Without a keeper there is nothing, and whoever comes next finds out by himself. */
static void fetch(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = KEEPER_PATIENCE_SEC };
	if (fd < 0)
		die("make a socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		/* One that was killed has left its name behind. */
		if (errno == ECONNREFUSED)
			unlink(path);
		close(fd);
		return;
	}
	if (write(fd, "T", 1) != 1)
		die("reach the keeper");
	int count;
	do
		count = receive_part(fd);
	while (fetched_count < count);
	for (int i = 0; i < fetched_count; i++)
		keep(fetched[i].name, fetched[i].fd);
	if (write(fd, "Y", 1) != 1)
		die("answer the keeper");
	close(fd);
}

#endif
