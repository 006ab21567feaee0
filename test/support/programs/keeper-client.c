/* A client of a keeper's socket (see native/keeper-socket.h):
 *
 *     keeper-client SOCKET status                prints the keeper's answer
 *     keeper-client SOCKET wait                  connects and says nothing
 *     keeper-client SOCKET coming                says that a server is coming, and stays
 *     keeper-client SOCKET hold                  takes the fds, prints their names, confirms nothing
 *     keeper-client SOCKET take COMMAND...       takes them over, and becomes the command with them
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3, MOST_FDS = 2048, MOST_FDS_OF_MESSAGE = 253, HIGH_FD = 4000 };

static char part_text[32 * 1024], names[MOST_FDS * 64];
static int fds[MOST_FDS], fd_count;

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

/* One message, whose fds go out of the way. Returns how many there will be in all. */
static int receive_part(int socket_fd)
{
	char control[CMSG_SPACE(sizeof(int) * MOST_FDS_OF_MESSAGE)];
	struct iovec part = { part_text, sizeof(part_text) - 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(socket_fd, &message, 0);
	struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	if (!header)
		exit(1);
	int count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (int index = 0; index < count; index++) {
		int fd;

		memcpy(&fd, CMSG_DATA(header) + sizeof(int) * (size_t)index, sizeof(int));
		fds[fd_count] = dup2(fd, HIGH_FD + fd_count);
		close(fd);
		fd_count++;
	}
	part_text[length] = 0;
	part_text[strcspn(part_text, "\n")] = 0;
	strcat(strcat(names, names[0] ? ":" : ""), strchr(part_text, ' ') + 1);
	return atoi(part_text);
}

static void become(char **command)
{
	char number[16];

	for (int index = 0; index < fd_count; index++) {
		dup2(fds[index], FIRST_FD + index);
		close(fds[index]);
	}
	snprintf(number, sizeof(number), "%d", fd_count);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	execvp(command[0], command);
}

static void stay(const char *text)
{
	puts(text);
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	int socket_fd = argc > 2 ? connect_to(argv[1]) : -1;
	const char *command = argc > 2 ? argv[2] : "";

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (strcmp(command, "status") == 0) {
		if (write(socket_fd, "S", 1) != 1 || read(socket_fd, part_text, 4095) <= 0)
			return 1;
		fputs(part_text, stdout);
		return 0;
	}
	if (strcmp(command, "wait") == 0)
		stay("connected");
	if (strcmp(command, "coming") == 0 && write(socket_fd, "C", 1) == 1)
		stay("coming");
	if (write(socket_fd, "T", 1) != 1)
		return 1;
	int total;
	do
		total = receive_part(socket_fd);
	while (fd_count < total);
	printf("%d %s\n", fd_count, names);
	fflush(stdout);
	if (strcmp(command, "take") != 0)
		pause();
	if (write(socket_fd, "Y", 1) != 1)
		return 1;
	become(argv + 3);
	return 1;
}
