/*
 * Whoever manages the holder itself: systemd, or another manager that speaks sd_notify(3). One with
 * an fd store gets a copy of each fd that is kept, so that the connections outlive the holder too:
 * then it is that manager which goes on when the holder has died, and nobody below it.
 */
#ifndef MANAGER_ABOVE_H
#define MANAGER_ABOVE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager that does not listen is not waited for longer. */
#define ABOVE_PATIENCE_SEC 1

static struct {
	int fd; /* -1: there is none */
	struct sockaddr_un address;
	socklen_t length;
	bool has_store;
	long long beat_ms; /* so often it wants to hear of the holder; 0: it does not care */
} above = { .fd = -1 };

static long long beat_ms_of(const char *watchdog_usec, const char *watchdog_pid)
{
	if (watchdog_usec == NULL || (watchdog_pid && atoi(watchdog_pid) != getpid()))
		return 0;
	long long beat_ms = atoll(watchdog_usec) / 1000 / 4;
	return beat_ms > 0 ? beat_ms : 1;
}

/* Leaves the environment as it is, for the program that this one may become. */
static void know_above(void)
{
	const char *path = getenv("NOTIFY_SOCKET"), *store = getenv("FDSTORE");
	size_t length = path ? strlen(path) : 0;
	if (length < 2 || length >= sizeof above.address.sun_path)
		return;
	if (path[0] != '/' && path[0] != '@')
		return;
	above.address.sun_family = AF_UNIX;
	memcpy(above.address.sun_path, path, length);
	if (path[0] == '@')
		above.address.sun_path[0] = 0;
	above.length = offsetof(struct sockaddr_un, sun_path) + length;
	above.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = ABOVE_PATIENCE_SEC };
	setsockopt(above.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	above.has_store = above.fd >= 0 && store && atoi(store) > 0;
	above.beat_ms = beat_ms_of(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
}

/* With `passed_fd` unless that is -1. */
static bool tell_above(const char *text, int passed_fd, int flags)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { (void *)text, strlen(text) };
	struct msghdr message = { .msg_name = &above.address,
				  .msg_namelen = above.length,
				  .msg_iov = &part,
				  .msg_iovlen = 1 };
	if (above.fd < 0)
		return false;
	if (passed_fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &passed_fd, sizeof passed_fd);
		message.msg_control = &control;
		message.msg_controllen = sizeof control.space;
	}
	return sendmsg(above.fd, &message, flags | MSG_NOSIGNAL) >= 0;
}

static bool store_above(const char *name, int fd)
{
	char text[128];
	snprintf(text, sizeof text, "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	return !above.has_store || tell_above(text, fd, 0);
}

/* All that it has of that name. */
static bool drop_above(const char *name)
{
	char text[128];
	snprintf(text, sizeof text, "FDSTOREREMOVE=1\nFDNAME=%s", name);
	return !above.has_store || tell_above(text, -1, 0);
}

#endif
