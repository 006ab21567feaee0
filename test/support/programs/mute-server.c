/*
 * A FUSE server that takes every request but the first and answers none:
 *
 *     mute-server MOUNT-POINT
 *
 * Who asked it waits, and cannot even be killed, until this program ends. Prints "ready" once it is
 * mounted.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static char request[1 << 17];

static int answer_init(int fd)
{
	struct {
		struct fuse_out_header header;
		struct fuse_init_out body;
	} reply;

	if (read(fd, request, sizeof(request)) < 0)
		return -1;
	memset(&reply, 0, sizeof(reply));
	reply.header.len = sizeof(reply);
	reply.header.unique = ((struct fuse_in_header *)request)->unique;
	reply.body.major = FUSE_KERNEL_VERSION;
	reply.body.minor = 31;
	reply.body.max_write = 4096;
	return write(fd, &reply, sizeof(reply)) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	int fd = open("/dev/fuse", O_RDWR);
	char options[128];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40555,user_id=0,group_id=0,allow_other", fd);
	if (argc != 2 || fd < 0 || mount("lxcfs", argv[1], "fuse.lxcfs", 0, options) < 0 ||
	    answer_init(fd) < 0) {
		perror("mute-server");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (read(fd, request, sizeof(request)) >= 0)
		;
	return 0;
}
