/*
 * A connection to the kernel that was made and initialised by another server: requests from it,
 * answers to it, and what its last server left unanswered.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "host-answers.h"
#include <stdarg.h>
#include <sys/time.h>
#include <sys/uio.h>

/* How long a read may block that should not have: its request was withdrawn after poll(2) had seen
 * it. The other connection waits meanwhile. */
enum { BLOCKED_USEC = 50 * 1000 };
/* In `unique`: the kernel sends the request again, because it was asked to. */
#define RESENT (1ULL << 63)

struct connection {
	int fd; /* -1: nobody passed it */
	bool is_blocking;
	bool is_over; /* unmounted, aborted, or never mounted */
	const struct tree *tree;
	struct node_files files;
	struct journal journal;
	uint8_t *request; /* JOURNAL_REQUEST_BYTES of it */
};

static uint64_t answered_count;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char line[256];
	va_list arguments;
	int length = snprintf(line, sizeof(line), "host-server: ");

	va_start(arguments, format);
	length += vsnprintf(line + length, sizeof(line) - (size_t)length - 1, format, arguments);
	va_end(arguments);
	length = length < (int)sizeof(line) - 1 ? length : (int)sizeof(line) - 2;
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return; /* Nobody listens. */
}

static void mark_answered(uint8_t *request)
{
	__atomic_store_n(unique_of(request), 0, __ATOMIC_SEQ_CST);
}

/* `request` is where the next request is read to: the journal's slot, if there is one. */
static bool open_connection(struct connection *connection, struct journal journal)
{
	int flags = fcntl(connection->fd, F_GETFL);

	connection->is_blocking = !(flags & O_NONBLOCK);
	connection->journal = journal;
	if (journal.count > 0) {
		connection->request = journal.slots[0].request;
		return true;
	}
	connection->request = mmap(NULL, JOURNAL_REQUEST_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return connection->request != MAP_FAILED;
}

/* An errno. ENOENT: it was answered before, or the reader is gone. */
static int send_reply(const struct connection *connection, uint64_t unique, int error,
		      const struct reply *reply)
{
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + reply->length), .error = -error, .unique = unique,
	};
	struct iovec parts[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)reply->body, .iov_len = reply->length },
	};
	ssize_t sent;

	do
		sent = writev(connection->fd, parts, reply->length > 0 ? 2 : 1);
	while (sent < 0 && errno == EINTR);
	return sent >= 0 ? 0 : errno;
}

static bool is_gone(int error)
{
	return error == ENOENT || error == ENODEV;
}

/* Answers the request in the `length` bytes; whatever it is, this server goes on. */
static void answer_bytes(const struct connection *connection, uint8_t *bytes, size_t length,
			 bool may_be_answered)
{
	static const struct reply nothing;
	const struct fuse_in_header *header = (const struct fuse_in_header *)bytes;
	struct request request = {
		.header = header, .body = header + 1, .body_length = length - sizeof(*header),
		.tree = connection->tree, .files = &connection->files,
		.is_asked_again = may_be_answered || header->unique & RESENT,
		.may_be_answered = may_be_answered,
	};
	struct reply reply = nothing;
	uint64_t unique = header->unique;

	if (length < sizeof(*header))
		return;
	int error = header->len == length ? answer_request(&request, &reply) : EINVAL;
	int sent = ENOENT;
	if (error != NO_REPLY)
		sent = send_reply(connection, unique, error, error ? &nothing : &reply);
	if (sent == 0 && error == 0)
		remember_delivered(&request);
	else if (is_gone(sent))
		doubt_remembered(&request);
	else if (sent != 0 && !is_gone(sent = send_reply(connection, unique, EIO, &nothing)) &&
		 sent != 0)
		say("cannot answer opcode %u: %s", header->opcode, strerror(sent));
	give_back();
	answered_count++;
}

/* Precondition: poll(2) has seen something. */
static void serve_one(struct connection *connection)
{
	const struct itimerval patience = {
		.it_interval = { .tv_usec = BLOCKED_USEC }, .it_value = { .tv_usec = BLOCKED_USEC },
	};
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };

	mark_answered(connection->request);
	if (connection->is_blocking)
		setitimer(ITIMER_REAL, &patience, NULL);
	ssize_t length = read(connection->fd, connection->request, JOURNAL_REQUEST_BYTES);
	int error = errno;
	if (connection->is_blocking)
		setitimer(ITIMER_REAL, &never, NULL);
	if (length > 0) {
		answer_bytes(connection, connection->request, (size_t)length, false);
		mark_answered(connection->request);
		return;
	}
	/* ENOENT: a request that was withdrawn just now. */
	if (length < 0 && (error == EINTR || error == EAGAIN || error == ENOENT))
		return;
	connection->is_over = true;
	if (length < 0 && error != ENODEV)
		say("cannot read requests: %s", strerror(error));
}

/* What the last server had taken, and perhaps answered. */
static void answer_journal(const struct connection *connection)
{
	for (size_t index = 0; index < connection->journal.count; index++) {
		uint8_t *request = connection->journal.slots[index].request;
		uint32_t length;

		if (*unique_of(request) == 0)
			continue;
		memcpy(&length, request, sizeof(length));
		if (length <= JOURNAL_REQUEST_BYTES)
			answer_bytes(connection, request, length, true);
		mark_answered(request);
	}
}

/* The kernel itself knows it since Linux 6.9: it gives all of those requests once more. */
static void ask_again(const struct connection *connection)
{
	const struct fuse_out_header resend = { .len = sizeof(resend), .error = NOTIFY_RESEND };

	if (write(connection->fd, &resend, sizeof(resend)) < 0 && errno == EINVAL)
		answer_journal(connection);
}

/* Those who wait for triggers ask again, whoever serves then. */
static void wake_polls(const struct connection *connection)
{
	for (size_t index = 0; index < poll_count; index++) {
		struct {
			struct fuse_out_header header;
			uint64_t handle;
		} wakeup = { { sizeof(wakeup), NOTIFY_POLL, 0 }, polls[index] };

		if (write(connection->fd, &wakeup, sizeof(wakeup)) < 0)
			continue;
	}
	poll_count = 0;
}

#endif
