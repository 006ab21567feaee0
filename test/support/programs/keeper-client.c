/* A client of a keeper's socket (see native/keeper-socket.h):
 *
 *     keeper-client SOCKET status                prints the keeper's answer
 *     keeper-client SOCKET wait                  connects and says nothing
 *     keeper-client SOCKET hold                  takes the fds, prints their names, confirms nothing
 *     keeper-client SOCKET take COMMAND...       takes them over, and becomes the command with them
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3, MOST_FDS = 16, HIGH_FD = 100 };

static char message_text[4096];

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* Puts the fds that came with the message out of the way. Returns how many there are. */
static int receive(int socket_fd, int fds[MOST_FDS])
{
	char control[CMSG_SPACE(sizeof(int) * MOST_FDS)];
	struct iovec part = { message_text, sizeof(message_text) - 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	int count = 0;

	if (recvmsg(socket_fd, &message, 0) <= 0)
		exit(1);
	header = CMSG_FIRSTHDR(&message);
	if (header)
		count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (int index = 0; index < count; index++) {
		int fd;

		memcpy(&fd, CMSG_DATA(header) + sizeof(int) * (size_t)index, sizeof(int));
		fds[index] = dup2(fd, HIGH_FD + index);
		close(fd);
	}
	return count;
}

static void become(char **command, const int *fds, int count)
{
	char number[16], *names = strchr(message_text, ' ') + 1;

	names[strcspn(names, "\n")] = 0;
	for (int index = 0; index < count; index++) {
		dup2(fds[index], FIRST_FD + index);
		close(fds[index]);
	}
	snprintf(number, sizeof(number), "%d", count);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	execvp(command[0], command);
}

int main(int argc, char **argv)
{
	int fds[MOST_FDS];
	int socket_fd = argc > 2 ? connect_to(argv[1]) : -1;
	const char *command = argc > 2 ? argv[2] : "";

	if (strcmp(command, "status") == 0) {
		if (write(socket_fd, "S", 1) != 1 || read(socket_fd, message_text, 4095) <= 0)
			return 1;
		fputs(message_text, stdout);
		return 0;
	}
	if (strcmp(command, "wait") == 0) {
		puts("connected");
		fflush(stdout);
		pause();
	}
	if (write(socket_fd, "T", 1) != 1)
		return 1;
	int count = receive(socket_fd, fds);
	fputs(message_text, stdout);
	fflush(stdout);
	if (strcmp(command, "take") != 0)
		pause();
	if (write(socket_fd, "Y", 1) != 1)
		return 1;
	become(argv + 3, fds, count);
	return 1;
}
