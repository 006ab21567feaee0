// What programs do with triggers of pressure files, well-behaved and not.
//
//   watch FILE TEXT MSEC   writes TEXT, prints "ready", polls for POLLPRI, prints revents
//   epoll FILE TEXT MSEC   the same with epoll
//   write FILE TEXT        prints errno, 0 if the trigger was taken
//   many FILE TEXT COUNT [SECONDS]
//                          opens so many triggers; prints how many were taken, and the last errno;
//                          holds them for so long
//   storm FILE TEXT COUNT  opens, writes, polls in threes, and closes, so many times; prints "done"
//   spin COUNT SECONDS     so many processes that use a CPU

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static int trigger(const char *file, const char *text, int *fd) {
  *fd = open(file, O_RDWR | O_CLOEXEC);
  if (*fd < 0) return errno;
  return write(*fd, text, strlen(text) + 1) < 0 ? errno : 0;
}

static int wait_poll(int fd, int msec) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLPRI};
  return poll(&poll_fd, 1, msec) > 0 ? poll_fd.revents : 0;
}

static int wait_epoll(int fd, int msec) {
  struct epoll_event event = {.events = EPOLLPRI};
  int epoll_fd = epoll_create1(0);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  return epoll_wait(epoll_fd, &event, 1, msec) > 0 ? (int)event.events : 0;
}

static void spin(int count, int seconds) {
  for (int i = 0; i < count; i++) {
    if (fork() != 0) continue;
    alarm(seconds);
    for (;;) continue;
  }
  puts("spinning");
  fflush(stdout);
  sleep(seconds);
}

int main(int argc, char **argv) {
  int fd = -1, error = 0, taken = 0;
  if (argc < 4) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (strcmp(argv[1], "spin") == 0) {
    spin(atoi(argv[2]), atoi(argv[3]));
    return 0;
  }
  const char *file = argv[2], *text = argv[3];
  int number = argc > 4 ? atoi(argv[4]) : 0;
  if (strcmp(argv[1], "write") == 0) {
    printf("%d\n", trigger(file, text, &fd));
  } else if (strcmp(argv[1], "many") == 0) {
    for (int i = 0; i < number; i++) {
      int failed = trigger(file, text, &fd);
      if (failed != 0) error = failed;
      else taken++;
    }
    printf("%d %d\n", taken, error);
    if (argc > 5) sleep(atoi(argv[5]));
  } else if (strcmp(argv[1], "storm") == 0) {
    for (int i = 0; i < number; i++) {
      char byte;
      trigger(file, text, &fd);
      for (int j = 0; j < 3; j++) wait_poll(fd, 0);
      if (read(fd, &byte, 1) < 0 && errno == EBADF) break;
      close(fd);
    }
    puts("done");
  } else {
    error = trigger(file, text, &fd);
    if (error != 0) return printf("errno %d\n", error), 1;
    puts("ready");
    printf("%d\n", strcmp(argv[1], "epoll") == 0 ? wait_epoll(fd, number) : wait_poll(fd, number));
  }
  return 0;
}
