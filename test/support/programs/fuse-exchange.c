/* Plays the kernel to a server of FUSE requests: fuse-exchange NAME SERVER. The server gets its end
 * of a socket pair as the passed fd NAME. Each line of standard input is a request in hexadecimal;
 * its answer is printed likewise, `-` when there is none, `!` when the server has ended. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PASSED_FD = 3, LONGEST = 1 << 18, PATIENCE_MS = 10000, MUTE_PATIENCE_MS = 50 };

static char line[LONGEST];
static uint8_t bytes[LONGEST];

static void start(const char *name, char *server, int fd)
{
	char *arguments[] = { server, NULL };

	if (fork() != 0)
		return;
	dup2(fd, PASSED_FD);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", name, 1);
	execv(server, arguments);
	_exit(127);
}

static size_t parse_line(void)
{
	size_t length = strcspn(line, "\n") / 2;

	for (size_t index = 0; index < length; index++) {
		unsigned byte;

		sscanf(line + 2 * index, "%2x", &byte);
		bytes[index] = (uint8_t)byte;
	}
	return length;
}

/* FORGET, BATCH_FORGET and INTERRUPT have no answer. */
static int has_answer(size_t length)
{
	uint32_t opcode;

	memcpy(&opcode, bytes + 4, sizeof(opcode));
	return length >= 40 && opcode != 2 && opcode != 36 && opcode != 42;
}

static void print_answer(int fd, int patience_ms)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	ssize_t length = 0;

	if (poll(&answer, 1, patience_ms) == 0) {
		puts("-");
	} else if ((length = recv(fd, bytes, sizeof(bytes), 0)) <= 0) {
		puts("!");
	} else {
		for (ssize_t index = 0; index < length; index++)
			printf("%02x", bytes[index]);
		putchar('\n');
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int fds[2];

	if (argc < 3 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return 1;
	start(argv[1], argv[2], fds[1]);
	close(fds[1]);
	/* What was left unanswered is asked for first. */
	if (recv(fds[0], bytes, sizeof(bytes), 0) != 16)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		size_t length = parse_line();

		if (send(fds[0], bytes, length, MSG_NOSIGNAL) < 0)
			puts("!");
		else
			print_answer(fds[0], has_answer(length) ? PATIENCE_MS : MUTE_PATIENCE_MS);
	}
	return 0;
}
