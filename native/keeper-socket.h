/*
 * The socket of a keeper. A client sends one byte: 'S' for a line about the keeper, 'T' to take its
 * fds over, which it confirms with 'Y', or 'C' to say that a server is coming, as long as it stays
 * connected. Root alone is listened to.
 */
#ifndef KEEPER_SOCKET_H
#define KEEPER_SOCKET_H

#include "connection.h"
#include "slowness.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FIRST_PASSED_FD = 3, MOST_PASSED_FDS = 2048, MOST_CLIENTS = 4, CLIENT_PATIENCE_MS = 10000 };
/* SCM_MAX_FD of the kernel: so many fds go into one message. */
enum { MOST_FDS_OF_MESSAGE = 253, NAME_BYTES = 64 };

/* In the order in which they are passed on. */
struct passed_fd {
	int fd;
	char name[NAME_BYTES];
};

struct client {
	int fd; /* -1: free */
	bool is_coming;
	int64_t until_ms;
};

static struct passed_fd passed_fds[MOST_PASSED_FDS];
static int passed_count;
static int listen_fd = -1;
static const char *listen_path;
static struct stat listen_stat;
static struct client clients[MOST_CLIENTS];

/* A server that has said that it comes is waited for so long, and so long from the end of the
 * program that said it to that which takes over. */
enum { COMING_MS = 10000 * SLOWNESS, RECONNECT_MS = 500 * SLOWNESS };
/* Until then nobody is answered: a restart is under way. */
static int64_t grace_until_ms, coming_until_ms;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t quiet_until_ms(void)
{
	return grace_until_ms > coming_until_ms ? grace_until_ms : coming_until_ms;
}

/* Who has been shown the host's files already is better off with them than without an answer. */
static void await_server(void)
{
	if (now_ms() < quiet_until_ms())
		coming_until_ms = now_ms() + COMING_MS;
}

static bool is_anybody_coming(void)
{
	for (int index = 0; index < MOST_CLIENTS; index++)
		if (clients[index].fd >= 0 && clients[index].is_coming)
			return true;
	return false;
}

/* Whoever finds the name is listened to: it is given last. */
static bool listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *early = address.sun_path;

	for (int index = 0; index < MOST_CLIENTS; index++)
		clients[index].fd = -1;
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s~", path);
	if (length >= (int)sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	listen_path = path;
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	umask(0177);
	unlink(early);
	return listen_fd >= 0 &&
	       bind(listen_fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	       stat(early, &listen_stat) == 0 && listen(listen_fd, MOST_CLIENTS) == 0 &&
	       rename(early, path) == 0;
}

/* Another keeper may listen at the same path by now. */
static void stop_listening(void)
{
	struct stat stat;

	if (listen_fd < 0 || lstat(listen_path, &stat) < 0)
		return;
	if (stat.st_ino == listen_stat.st_ino && stat.st_dev == listen_stat.st_dev)
		unlink(listen_path);
}

static void drop_client(struct client *client)
{
	bool was_coming = client->is_coming;

	close(client->fd);
	*client = (struct client){ .fd = -1 };
	if (was_coming && now_ms() < coming_until_ms && !is_anybody_coming())
		coming_until_ms = now_ms() + RECONNECT_MS;
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
	*room_for_client() = (struct client){ .fd = fd, .until_ms = now_ms() + CLIENT_PATIENCE_MS };
}

/* "TOTAL NAME:NAME:...\n" with the fds of those names, which are a part of the total. */
static bool send_part(int client_fd, const struct passed_fd *passed, int count)
{
	static char names[MOST_FDS_OF_MESSAGE * NAME_BYTES + 16];
	static union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * MOST_FDS_OF_MESSAGE)];
	} control;
	size_t fds_length = sizeof(int) * (size_t)count;
	int length = snprintf(names, sizeof(names), "%d", passed_count);

	control.header = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(fds_length), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
	};
	for (int index = 0; index < count; index++) {
		length += snprintf(names + length, sizeof(names) - (size_t)length, "%c%s",
				   index ? ':' : ' ', passed[index].name);
		memcpy(CMSG_DATA(&control.header) + sizeof(int) * (size_t)index,
		       &passed[index].fd, sizeof(int));
	}
	names[length++] = '\n';
	struct iovec part = { .iov_base = names, .iov_len = (size_t)length };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = CMSG_SPACE(fds_length),
	};
	return sendmsg(client_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == length;
}

/* All of them fit into the socket's buffer. */
static bool send_fds(int client_fd)
{
	for (int sent = 0; sent < passed_count; sent += MOST_FDS_OF_MESSAGE) {
		int left = passed_count - sent;

		if (!send_part(client_fd, &passed_fds[sent],
			       left < MOST_FDS_OF_MESSAGE ? left : MOST_FDS_OF_MESSAGE))
			return false;
	}
	return true;
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
	if (count == 1 && byte == 'C') {
		client->is_coming = true;
		client->until_ms = now_ms() + COMING_MS;
		await_server();
		return false;
	}
	bool has_taken_over = count == 1 && byte == 'T' && hand_over(client->fd);
	if (count >= 0 || errno != EAGAIN)
		drop_client(client);
	return has_taken_over;
}

#endif
