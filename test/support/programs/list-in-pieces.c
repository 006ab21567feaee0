/* Prints the names in a directory, read with the smallest buffer that holds a name, and at each name
 * from its own open file that seeks there. Usage: list-in-pieces DIRECTORY */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BUFFER_BYTES = 48 };
static struct dirent64 entry;

static long next(int fd) { return syscall(SYS_getdents64, fd, &entry, BUFFER_BYTES); }

int main(int argc, char **argv) {
  int fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
  if (fd < 0) return perror("open"), 1;
  off_t at = 0;
  for (;;) {
    long length = next(fd);
    if (length < 0) return perror("getdents64"), 1;
    if (length == 0) return 0;
    char name[BUFFER_BYTES];
    strcpy(name, entry.d_name);
    off_t after = entry.d_off;
    int other = open(argv[1], O_RDONLY | O_DIRECTORY);
    if (lseek(other, at, SEEK_SET) != at || next(other) <= 0) return perror("lseek"), 1;
    if (strcmp(name, entry.d_name) != 0) return fprintf(stderr, "%s moved\n", name), 1;
    close(other);
    puts(name);
    /* The buffer may have held more than one. */
    at = after;
    if (lseek(fd, at, SEEK_SET) != at) return perror("lseek"), 1;
  }
}
