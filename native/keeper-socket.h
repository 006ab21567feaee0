/*
 * The socket of a keeper. A client sends one byte: 'S' for a line about the keeper, 'T' to take its
 * fds over, which it confirms with 'Y'. Root alone is listened to, and nobody waited for.
 */
#ifndef KEEPER_SOCKET_H
#define KEEPER_SOCKET_H

#include "connection.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FIRST_PASSED_FD = 3, MOST_PASSED_FDS = 253, MOST_CLIENTS = 4, CLIENT_PATIENCE_MS = 10000 };
enum { NAME_BYTES = 64 };

/* In the order in which they are passed on. */
struct passed_fd {
	int fd;
	char name[NAME_BYTES];
};

struct client {
	int fd; /* -1: free */
	int64_t until_ms;
};

static struct passed_fd passed_fds[MOST_PASSED_FDS];
static int passed_count;
static int listen_fd = -1;
static struct sockaddr_un listen_address = { .sun_family = AF_UNIX };
static struct stat listen_stat;
static struct client clients[MOST_CLIENTS];

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool listen_at(const char *path)
{
	const struct sockaddr *address = (const struct sockaddr *)&listen_address;

	for (int index = 0; index < MOST_CLIENTS; index++)
		clients[index].fd = -1;
	if (strlen(path) >= sizeof(listen_address.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(listen_address.sun_path, path, strlen(path));
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	umask(0177);
	unlink(path);
	return listen_fd >= 0 && bind(listen_fd, address, sizeof(listen_address)) == 0 &&
	       stat(path, &listen_stat) == 0 && listen(listen_fd, MOST_CLIENTS) == 0;
}

/* Another keeper may listen at the same path by now. */
static void stop_listening(void)
{
	struct stat stat;

	if (listen_fd < 0 || lstat(listen_address.sun_path, &stat) < 0)
		return;
	if (stat.st_ino == listen_stat.st_ino && stat.st_dev == listen_stat.st_dev)
		unlink(listen_address.sun_path);
}

static void drop_client(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

static void drop_late_clients(int64_t at_ms)
{
	for (int index = 0; index < MOST_CLIENTS; index++)
		if (clients[index].fd >= 0 && clients[index].until_ms <= at_ms)
			drop_client(&clients[index]);
}

/* A place for one more: of those that say nothing, the longest waits no more. */
static struct client *room_for_client(void)
{
	struct client *oldest = &clients[0];

	for (int index = 0; index < MOST_CLIENTS; index++) {
		if (clients[index].fd < 0)
			return &clients[index];
		if (clients[index].until_ms < oldest->until_ms)
			oldest = &clients[index];
	}
	drop_client(oldest);
	return oldest;
}

static void accept_client(void)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0 ||
	    credentials.uid != 0) {
		close(fd);
		return;
	}
	*room_for_client() = (struct client){ fd, now_ms() + CLIENT_PATIENCE_MS };
}

/* All fds in one message, "COUNT NAME:NAME:...\n". */
static bool send_fds(int client_fd)
{
	static char names[MOST_PASSED_FDS * NAME_BYTES + 16];
	static union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * MOST_PASSED_FDS)];
	} control;
	size_t fds_length = sizeof(int) * (size_t)passed_count;
	int length = snprintf(names, sizeof(names), "%d", passed_count);

	control.header = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(fds_length), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
	};
	for (int index = 0; index < passed_count; index++) {
		length += snprintf(names + length, sizeof(names) - (size_t)length, "%c%s",
				   index ? ':' : ' ', passed_fds[index].name);
		memcpy(CMSG_DATA(&control.header) + sizeof(int) * (size_t)index,
		       &passed_fds[index].fd, sizeof(int));
	}
	names[length++] = '\n';
	struct iovec part = { .iov_base = names, .iov_len = (size_t)length };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = CMSG_SPACE(fds_length),
	};
	return sendmsg(client_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == length;
}

/* True when the client serves from here on. Nothing is served while it is waited for. */
static bool hand_over(int client_fd)
{
	struct pollfd answer = { .fd = client_fd, .events = POLLIN };
	int64_t until_ms = now_ms() + CLIENT_PATIENCE_MS;
	char byte = 0;

	if (!send_fds(client_fd))
		return false;
	for (;;) {
		int64_t left_ms = until_ms - now_ms();

		if (left_ms <= 0)
			return false;
		if (poll(&answer, 1, (int)left_ms) > 0)
			return recv(client_fd, &byte, 1, MSG_DONTWAIT) == 1 && byte == 'Y';
	}
}

/* What a client that can be read from has sent. True when it has taken over. */
static bool take_command(struct client *client)
{
	char byte, line[96];
	ssize_t count = recv(client->fd, &byte, 1, MSG_DONTWAIT);

	if (count == 1 && byte == 'S') {
		int length = snprintf(line, sizeof(line), "{\"pid\":%d,\"answered\":%llu}\n",
				      (int)getpid(), (unsigned long long)answered_count);
		client->until_ms = now_ms() + CLIENT_PATIENCE_MS;
		if (send(client->fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) == length)
			return false;
	}
	bool has_taken_over = count == 1 && byte == 'T' && hand_over(client->fd);
	if (count >= 0 || errno != EAGAIN)
		drop_client(client);
	return has_taken_over;
}

#endif
