/*
 * Keeps the connections to the kernel while the server that answers them comes and goes.
 *
 *     $ holder -- node dist/main.js serve
 *     $ holder --fetch SOCKET -- COMMAND...     take a keeper's fds over, then become COMMAND
 *
 * A FUSE mount lives as long as somebody holds its /dev/fuse open. So the server gives each fd that
 * must outlive it to this process, in the words of sd_notify(3): FDSTORE=1 with FDNAME=, READY=1,
 * WATCHDOG=1, STOPPING=1. A server that ends without STOPPING=1 is started again and finds the fds
 * as sd_listen_fds_with_names(3) has it; systemd's fd store can stand in for this process.
 *
 * Beyond systemd's words: each server has an fd named "go", from which it reads one byte before it
 * touches a connection ('F' first start, 'C' its predecessor died, 'R' it replaces a healthy one).
 * It may say X_NSPROC=standby when it is ready for that; X_NSPROC=replace asks for a replacement of
 * the sender, as SIGUSR1 does. X_NSPROC_KEEPER=SOCKET and X_NSPROC_MOUNT_POINT=DIR say where a
 * keeper (host-server.c) would listen, and what it would keep, when this process has to end
 * while no server runs. Until a server says so, NSPROC_KEEPER_SOCKET and NSPROC_KEPT_AT of the
 * environment do.
 *
 * Servers that keep dying are started ever more slowly, and in between the host's own files are
 * served by host-server, so that nobody waits.
 *
 * Why C: it must be small enough to stay for months and simple enough not to die.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_FDS 2048
#define NAME_BYTES 64
#define FIRST_FD 3
/* A server that lived so long after it was ready has not failed quickly. */
#define HEALTHY_MS 10000
/* So many quick deaths in a row, and the next start waits, at most so long. */
#define PATIENCE_DEATHS 3
#define PAUSE_STEP_MS 50
#define LONGEST_PAUSE_MS 300
/* So many starts in a row that failed, and the host's files are served meanwhile. */
#define PATIENCE_STARTS 2
#define LONGEST_DELAY_MS 10000
/* Between two starts of host-server. */
#define HOST_SERVER_MS 1000
/* Messages taken at a time: whoever sends without end keeps nobody from the rest. */
#define MOST_MESSAGES 64
/* At the least: a start takes twice the fds that are kept. */
#define FEWEST_FDS 65536
/* A server that is stopped (SIGSTOP) so long is replaced. */
#define STOPPED_MS 500
/* A server that does not say WATCHDOG=1 for so long is replaced. */
#define WATCHDOG_MS 5000
/* From its start until it is ready for its "go", and from there to READY=1. */
#define START_MS 60000
#define GO_MS 10000
/* A start that takes so long, and the host's files are served meanwhile. */
#define SLOW_START_MS 5000
/* From SIGTERM to its end. */
#define STOP_MS 15000
/* By so much a server is nicer to itself until it is ready, while readers wait for it. */
#define HURRY 10

struct kept_fd {
  int fd;
  char name[NAME_BYTES];
};

struct child {
  pid_t pid; /* 0: there is none */
  bool is_host_server;
  bool has_go;
  bool is_ready;
  bool is_stopping; /* it said STOPPING=1 */
  bool is_awaited;  /* its predecessor was killed for it */
  int go_fd;        /* write end, -1 once used */
  long long started_ms, ready_ms, beat_ms;
  long long stopped_ms; /* 0: it runs */
};

static struct kept_fd kept[MOST_FDS];
static int kept_count;
static struct child serving = {.go_fd = -1}, coming = {.go_fd = -1};
static int notify_fd;
static char notify_name[64]; /* as NOTIFY_SOCKET has it */
static char **command;
static char host_server[PATH_MAX];
static char keeper_socket[PATH_MAX], mount_point[PATH_MAX];
static bool was_ever_ready, is_stopping;
static long long stop_deadline_ms, next_start_ms, next_host_server_ms;
static int quick_deaths, failed_starts, restarts, own_niceness;
static sigset_t old_mask;

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* One line as the server logs: JSON, or readable on a terminal. `level` is pino's. */
__attribute__((format(printf, 2, 3))) static void say(int level, const char *format, ...) {
  char text[512], line[768];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  struct timespec now;
  struct tm utc;
  char when[32];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
  long msec = now.tv_nsec / 1000000;
  int length =
      isatty(2) ? snprintf(line, sizeof line, "[%s.%03ldZ] holder: %s\n", when, msec, text)
                : snprintf(line, sizeof line,
                           "{\"level\":%d,\"time\":\"%s.%03ldZ\",\"msg\":\"%s\"}\n", level,
                           when, msec, text);
  /* Whoever does not read what is logged keeps nobody from /proc. */
  struct pollfd log = {.fd = 2, .events = POLLOUT};
  if (poll(&log, 1, 0) != 1 || write(2, line, length) < 0) return;
}

static void die(const char *what) {
  fprintf(stderr, "holder: cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

static int index_of(const char *name) {
  for (int i = 0; i < kept_count; i++)
    if (strcmp(kept[i].name, name) == 0) return i;
  return -1;
}

/* Takes the fd, also when it has no room for it. */
static void keep(const char *name, int fd) {
  int at = index_of(name);
  if (at >= 0) close(kept[at].fd);
  else if (kept_count < MOST_FDS) at = kept_count++;
  if (at < 0) {
    say(50, "cannot keep another fd");
    close(fd);
    return;
  }
  kept[at].fd = fd;
  snprintf(kept[at].name, NAME_BYTES, "%s", name);
}

static void drop(const char *name) {
  int at = index_of(name);
  if (at < 0) return;
  int fd = kept[at].fd;
  kept[at] = kept[--kept_count];
  close(fd);
}

/* What a supervisor before this one passed, as sd_listen_fds(3) finds it. */
static void take_listen_fds(void) {
  const char *count_text = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
  const char *pid_text = getenv("LISTEN_PID");
  if (pid_text && atoi(pid_text) != getpid()) return;
  int count = count_text ? atoi(count_text) : 0;
  for (int i = 0; i < count && names; i++) {
    char name[NAME_BYTES];
    size_t length = strcspn(names, ":");
    snprintf(name, sizeof name, "%.*s", (int)length, names);
    int fd = fcntl(FIRST_FD + i, F_DUPFD_CLOEXEC, FIRST_FD + MOST_FDS);
    if (fd < 0) fd = fcntl(FIRST_FD + i, F_DUPFD_CLOEXEC, FIRST_FD + count);
    if (fd >= 0 && strcmp(name, "go") != 0) keep(name, fd);
    else if (fd >= 0) close(fd);
    close(FIRST_FD + i);
    names += length;
    if (*names == ':') names++;
  }
}

static bool is_kept(int fd) {
  for (int i = 0; i < kept_count; i++)
    if (kept[i].fd == fd) return true;
  return false;
}

/* What else was open where this was started is for no program that enters a container, and who
 * waits for its end shall not wait for this process's. */
static void close_others(void) {
  DIR *fds = opendir("/proc/self/fd");
  if (fds == NULL) return;
  for (struct dirent *entry; (entry = readdir(fds));) {
    int fd = atoi(entry->d_name);
    if (fd >= FIRST_FD && fd != dirfd(fds) && !is_kept(fd)) close(fd);
  }
  closedir(fds);
}

/* A string of the environment that lives as long as the process. */
static void set_number(const char *name, long long value) {
  char text[32];
  snprintf(text, sizeof text, "%lld", value);
  setenv(name, text, 1);
}

/* In a child: the kept fds become 3, 4, ..., then `extra` if there is one. */
static void pass_fds(int extra, const char *extra_name) {
  static int high[MOST_FDS + 1];
  static char names[(MOST_FDS + 1) * (NAME_BYTES + 1)];
  int count = kept_count + (extra >= 0);
  size_t length = 0;
  for (int i = 0; i < count; i++) {
    int fd = i < kept_count ? kept[i].fd : extra;
    /* Out of the way first: an fd may already have the number of another one. */
    high[i] = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + count);
    if (high[i] < 0) _exit(126);
    length += snprintf(names + length, sizeof names - length, "%s%s", i ? ":" : "",
                       i < kept_count ? kept[i].name : extra_name);
  }
  for (int i = 0; i < count; i++)
    if (dup2(high[i], FIRST_FD + i) < 0) _exit(126);
  set_number("LISTEN_FDS", count);
  set_number("LISTEN_PID", getpid());
  setenv("LISTEN_FDNAMES", names, 1);
}

static void set_oom_score(const char *score) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  /* Lowering it takes CAP_SYS_RESOURCE; without it the process is killed as any other. */
  if (write(fd, score, strlen(score)) < 0) errno = 0;
  close(fd);
}

/* Containers cost fds: as many as this process may allow itself. */
static void raise_fd_limit(void) {
  struct rlimit limit, more;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  more.rlim_cur = more.rlim_max = limit.rlim_max > FEWEST_FDS ? limit.rlim_max : FEWEST_FDS;
  if (setrlimit(RLIMIT_NOFILE, &more) < 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0) errno = 0;
}

/* For all threads that the process has by now; those that begin later inherit it. */
static void set_niceness(pid_t pid, int niceness) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (tasks == NULL) return;
  for (struct dirent *task; (task = readdir(tasks));)
    if (atoi(task->d_name) > 0) setpriority(PRIO_PROCESS, atoi(task->d_name), niceness);
  closedir(tasks);
}

static void become(char *const *arguments) {
  sigprocmask(SIG_SETMASK, &old_mask, NULL);
  signal(SIGPIPE, SIG_DFL);
  set_oom_score("-900");
  execvp(arguments[0], arguments);
  fprintf(stderr, "holder: cannot run %s: %s\n", arguments[0], strerror(errno));
  _exit(127);
}

/* Starts the server, which waits at its "go" fd, or host-server, which does not. */
static bool start(struct child *child, bool is_host_server) {
  int go[2] = {-1, -1};
  if (!is_host_server && pipe2(go, O_CLOEXEC) < 0) return false;
  pid_t pid = fork();
  if (pid == 0) {
    pass_fds(go[0], "go");
    setenv("NOTIFY_SOCKET", notify_name, 1);
    set_number("FDSTORE", MOST_FDS);
    set_number("NSPROC_RESTARTS", restarts);
    set_number("WATCHDOG_USEC", WATCHDOG_MS * 1000LL);
    set_number("WATCHDOG_PID", getpid());
    char *host_arguments[] = {host_server, NULL};
    if (serving.pid == 0) setpriority(PRIO_PROCESS, 0, own_niceness - HURRY);
    become(is_host_server ? host_arguments : command);
  }
  if (go[0] >= 0) close(go[0]);
  if (pid < 0) {
    if (go[1] >= 0) close(go[1]);
    return false;
  }
  *child = (struct child){.pid = pid,
                          .is_host_server = is_host_server,
                          .has_go = is_host_server,
                          .go_fd = go[1],
                          .started_ms = now_ms()};
  return true;
}

static void give_go(struct child *child, char reason) {
  if (child->pid == 0 || child->has_go) return;
  child->has_go = true;
  child->started_ms = now_ms();
  if (write(child->go_fd, &reason, 1) < 0) say(50, "cannot tell the server to begin");
  close(child->go_fd);
  child->go_fd = -1;
}

static void forget(struct child *child) {
  if (child->go_fd >= 0) close(child->go_fd);
  *child = (struct child){.go_fd = -1};
}

static void start_coming(void) {
  /* Whoever dies before it is ready is tried again later, not at once. */
  next_start_ms = LLONG_MAX;
  if (!start(&coming, false)) {
    say(50, "cannot start the server");
    next_start_ms = now_ms() + LONGEST_DELAY_MS;
    return;
  }
}

/* Somebody who answers from the host's files, that neither this process nor a terminal ends. */
static void leave_keeper(void) {
  if (index_of("tree") < 0 || keeper_socket[0] == 0) return;
  pid_t pid = fork();
  if (pid != 0) return;
  setsid();
  unsetenv("NOTIFY_SOCKET");
  pass_fds(-1, NULL);
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < FIRST_FD && null >= 0; fd++) dup2(null, fd);
  char *arguments[] = {host_server,       "--keeper",  keeper_socket,
                       "--mount-point", mount_point, NULL};
  become(arguments);
}

static void end_with(int status) {
  if (serving.pid) kill(serving.pid, serving.is_host_server ? SIGTERM : SIGKILL);
  if (coming.pid) kill(coming.pid, SIGKILL);
  exit(status);
}

static int exit_status_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void say_how_it_ended(pid_t pid, int status, const char *then) {
  if (WIFSIGNALED(status))
    say(50, "server %d was killed by signal %d; %s", pid, WTERMSIG(status), then);
  else say(50, "server %d ended with status %d; %s", pid, WEXITSTATUS(status), then);
}

/* A server that served has died: the next start comes at once, unless that happens all the time. */
static void plan_restart(long long lived_ms) {
  quick_deaths = lived_ms > HEALTHY_MS ? 0 : quick_deaths + 1;
  failed_starts = 0;
  long long pause_ms = 0;
  if (quick_deaths > PATIENCE_DEATHS) pause_ms = PAUSE_STEP_MS * (quick_deaths - PATIENCE_DEATHS);
  next_start_ms = now_ms() + (pause_ms < LONGEST_PAUSE_MS ? pause_ms : LONGEST_PAUSE_MS);
  restarts++;
}

/* A server did not get so far: the next start comes later and later. */
static void plan_retry(void) {
  long long delay_ms = 100LL << (failed_starts < 10 ? failed_starts : 10);
  failed_starts++;
  next_start_ms = now_ms() + (delay_ms < LONGEST_DELAY_MS ? delay_ms : LONGEST_DELAY_MS);
  restarts++;
}

static void serving_ended(int status) {
  struct child was = serving;
  forget(&serving);
  if (was.is_host_server) {
    next_host_server_ms = now_ms() + HOST_SERVER_MS;
    if (is_stopping) leave_keeper(), end_with(0);
    if (coming.pid) give_go(&coming, 'C');
    else if (next_start_ms == LLONG_MAX) next_start_ms = now_ms();
    return;
  }
  if (was.is_stopping) end_with(WIFSIGNALED(status) ? 0 : exit_status_of(status));
  if (is_stopping) {
    leave_keeper();
    end_with(0);
  }
  if (coming.pid) {
    give_go(&coming, coming.is_awaited ? 'R' : 'C');
    return;
  }
  say_how_it_ended(was.pid, status, "starting another");
  plan_restart(now_ms() - was.ready_ms);
}

static void coming_ended(int status) {
  struct child was = coming;
  forget(&coming);
  if (was.is_stopping) end_with(exit_status_of(status));
  /* A first start that fails is a mistake of whoever started it, which it has explained. */
  if (!was_ever_ready && index_of("tree") < 0) end_with(exit_status_of(status));
  if (is_stopping) {
    if (serving.pid == 0 || serving.is_host_server) leave_keeper(), end_with(0);
    return;
  }
  if (serving.pid && !serving.is_host_server) {
    say_how_it_ended(was.pid, status, "its predecessor goes on");
    return;
  }
  say_how_it_ended(was.pid, status, "it never served; trying again");
  plan_retry();
}

static void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
    struct child *child = pid == serving.pid ? &serving : pid == coming.pid ? &coming : NULL;
    if (child == NULL) continue;
    if (WIFSTOPPED(status)) child->stopped_ms = now_ms();
    else if (WIFCONTINUED(status)) child->stopped_ms = 0, child->beat_ms = now_ms();
    else if (child == &serving) serving_ended(status);
    else coming_ended(status);
  }
}

static void replace(void) {
  if (coming.pid || is_stopping) return;
  say(30, "starting a server to replace the one that runs");
  start_coming();
}

static void became_ready(struct child *child) {
  if (!child->is_ready) set_niceness(child->pid, own_niceness);
  child->is_ready = was_ever_ready = true;
  child->ready_ms = child->beat_ms = now_ms();
  if (child != &coming) return;
  serving = coming;
  coming = (struct child){.go_fd = -1};
}

/* One line of a message: NAME=VALUE. Returns false when the sender is gone with it. */
static void take_line(struct child *child, const char *line) {
  const char *equals = strchr(line, '=');
  const char *value = equals ? equals + 1 : "";
  if (strcmp(line, "READY=1") == 0) became_ready(child);
  else if (strcmp(line, "WATCHDOG=1") == 0) child->beat_ms = now_ms();
  else if (strcmp(line, "STOPPING=1") == 0) child->is_stopping = true;
  else if (strcmp(line, "X_NSPROC=replace") == 0) replace();
  else if (strcmp(line, "X_NSPROC=standby") == 0 && child == &coming) {
    coming.is_awaited = serving.pid != 0;
    if (serving.pid) kill(serving.pid, SIGKILL);
    else give_go(&coming, was_ever_ready || index_of("tree") >= 0 ? 'C' : 'F');
  } else if (strncmp(line, "X_NSPROC_KEEPER=", 16) == 0)
    snprintf(keeper_socket, sizeof keeper_socket, "%s", value);
  else if (strncmp(line, "X_NSPROC_MOUNT_POINT=", 21) == 0)
    snprintf(mount_point, sizeof mount_point, "%s", value);
}

static const char *value_in(const char *text, const char *name, char *into, size_t size) {
  size_t length = strlen(name);
  for (const char *line = text; line; line = strchr(line, '\n'), line += line != NULL)
    if (strncmp(line, name, length) == 0) {
      snprintf(into, size, "%.*s", (int)strcspn(line + length, "\n"), line + length);
      return into;
    }
  return NULL;
}

/* Forwards what a service manager above this process should know. */
static void tell_above(const char *above, const char *text) {
  if (above == NULL || (above[0] != '/' && above[0] != '@')) return;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(above);
  if (length >= sizeof address.sun_path) return;
  memcpy(address.sun_path, above, length);
  if (above[0] == '@') address.sun_path[0] = 0;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
         offsetof(struct sockaddr_un, sun_path) + length);
  close(fd);
}

static char outer_notify[108];

/* One message. Only the children of this process are listened to: the kernel says who sent it. */
static bool receive(void) {
  char text[4096], name[NAME_BYTES];
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * 4) + CMSG_SPACE(sizeof(struct ucred))];
  } control;
  struct iovec part = {text, sizeof text - 1};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t length = recvmsg(notify_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (length < 0) return errno == EINTR;
  text[length] = 0;
  int fds[4], fd_count = 0;
  pid_t sender = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_CREDENTIALS) {
      struct ucred credentials;
      memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
      sender = credentials.pid;
    } else if (c->cmsg_type == SCM_RIGHTS) {
      fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      memcpy(fds, CMSG_DATA(c), fd_count * sizeof(int));
    }
  }
  struct child *child = sender == 0             ? NULL
                        : sender == serving.pid ? &serving
                        : sender == coming.pid  ? &coming
                                                : NULL;
  bool has_name = value_in(text, "FDNAME=", name, sizeof name) != NULL;
  bool stores = child && has_name && strstr(text, "FDSTORE=1") && fd_count > 0;
  if (stores) keep(name, fds[0]);
  for (int i = stores ? 1 : 0; i < fd_count; i++) close(fds[i]);
  if (child && has_name && strstr(text, "FDSTOREREMOVE=1")) drop(name);
  if (child == NULL) return true;
  bool was_serving = child == &serving;
  for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
    if (strcmp(line, "READY=1") == 0 || strncmp(line, "STATUS=", 7) == 0 ||
        strcmp(line, "STOPPING=1") == 0 || (was_serving && strcmp(line, "WATCHDOG=1") == 0))
      tell_above(outer_notify, line);
    take_line(child, line);
    if (!was_serving && serving.pid == sender) child = &serving;
  }
  return true;
}

static void receive_some(void) {
  for (int count = 0; count < MOST_MESSAGES && receive(); count++) continue;
}

static void take_signal(int number) {
  switch (number) {
    case SIGCHLD:
      reap();
      return;
    case SIGUSR1:
      replace();
      return;
    case SIGHUP:
    case SIGUSR2:
      if (serving.pid && !serving.is_host_server) kill(serving.pid, number);
      return;
    default:
      break;
  }
  is_stopping = true;
  stop_deadline_ms = now_ms() + STOP_MS;
  if (coming.pid && serving.pid) kill(coming.pid, SIGKILL);
  else if (coming.pid) kill(coming.pid, number);
  if (serving.pid && !serving.is_host_server) kill(serving.pid, number);
  else if (coming.pid == 0) {
    leave_keeper();
    end_with(0);
  }
}

static long long earlier(long long a, long long b) { return a < b ? a : b; }

/* Kills a child that is past one of its limits; returns when the next one is due. */
static long long watch(struct child *child) {
  if (child->pid == 0) return LLONG_MAX;
  long long now = now_ms(), due = LLONG_MAX;
  if (child->stopped_ms) {
    due = child->stopped_ms + STOPPED_MS;
    if (now >= due) say(50, "server %d is stopped; replacing it", child->pid);
  } else if (child->is_ready && !child->is_host_server) {
    due = child->beat_ms + WATCHDOG_MS;
    if (now >= due) say(50, "server %d is silent; replacing it", child->pid);
  } else if (!child->is_ready) {
    due = child->started_ms + (child->has_go ? GO_MS : START_MS);
    if (now >= due) say(50, "server %d does not get ready; ending it", child->pid);
  }
  if (now < due) return due;
  kill(child->pid, SIGKILL);
  child->stopped_ms = 0;
  child->beat_ms = child->started_ms = now;
  return now + 1000;
}

/* Does what is due; returns when something will be. */
static long long work(void) {
  long long now = now_ms();
  if (is_stopping && now >= stop_deadline_ms) {
    say(50, "the server does not end; killing it");
    leave_keeper();
    end_with(1);
  }
  if (!is_stopping && coming.pid == 0 && now >= next_start_ms &&
      (serving.pid == 0 || serving.is_host_server))
    start_coming();
  long long slow_ms = coming.pid ? coming.started_ms + SLOW_START_MS : LLONG_MAX;
  long long host_server_ms = failed_starts > PATIENCE_STARTS ? 0 : slow_ms;
  if (host_server_ms < next_host_server_ms) host_server_ms = next_host_server_ms;
  bool needs_host_server =
      !is_stopping && serving.pid == 0 && !coming.has_go && index_of("tree") >= 0;
  if (needs_host_server && now >= host_server_ms && access(host_server, X_OK) == 0) {
    say(40, "serving the host's files until the server starts again");
    host_server_ms = next_host_server_ms = now + HOST_SERVER_MS;
    needs_host_server = !start(&serving, true);
  }
  long long due = earlier(watch(&serving), watch(&coming));
  if (needs_host_server && host_server_ms > now) due = earlier(due, host_server_ms);
  if (is_stopping) due = earlier(due, stop_deadline_ms);
  if (coming.pid == 0 && (serving.pid == 0 || serving.is_host_server))
    due = earlier(due, next_start_ms);
  return due;
}

static void open_notify_socket(void) {
  notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (notify_fd < 0) die("make a socket");
  int on = 1;
  setsockopt(notify_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  /* Autobind: the kernel chooses an abstract name that nobody has. */
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t length = sizeof(sa_family_t);
  if (bind(notify_fd, (struct sockaddr *)&address, length) < 0) die("bind a socket");
  length = sizeof address;
  getsockname(notify_fd, (struct sockaddr *)&address, &length);
  size_t name_bytes = length - offsetof(struct sockaddr_un, sun_path);
  snprintf(notify_name, sizeof notify_name, "@%.*s", (int)name_bytes - 1, address.sun_path + 1);
}

/* The keeper's fds; without a keeper there are none, and COMMAND finds out by itself. */
static void fetch(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval patience = {.tv_sec = 10};
  if (fd < 0) die("make a socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    /* One that was killed has left its name behind. */
    if (errno == ECONNREFUSED) unlink(path);
    close(fd);
    return;
  }
  if (write(fd, "T", 1) != 1) die("reach the keeper");
  static char names[MOST_FDS * (NAME_BYTES + 1)];
  static char control[CMSG_SPACE(sizeof(int) * 253)];
  struct iovec part = {names, sizeof names - 1};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  struct cmsghdr *c = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (c == NULL || c->cmsg_type != SCM_RIGHTS) die("get the keeper's fds");
  names[length] = 0;
  int count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  char *rest = strchr(names, ' ');
  if (rest) rest[1 + strcspn(rest + 1, "\n")] = 0, rest++;
  for (int i = 0; i < count; i++) {
    int passed;
    memcpy(&passed, CMSG_DATA(c) + i * sizeof(int), sizeof passed);
    char *name = rest ? strsep(&rest, ":") : NULL;
    if (name) keep(name, passed);
  }
  if (write(fd, "Y", 1) != 1) die("answer the keeper");
  close(fd);
}

int main(int argc, char **argv) {
  int at = 1;
  const char *socket_to_fetch = NULL;
  if (argc > 2 && strcmp(argv[1], "--fetch") == 0) socket_to_fetch = argv[2], at = 3;
  if (at >= argc || strcmp(argv[at], "--") != 0 || at + 1 >= argc) {
    fprintf(stderr, "usage: holder [--fetch SOCKET] -- COMMAND [ARGUMENT]...\n");
    return 2;
  }
  command = argv + at + 1;
  /* Fds 0 to 2 are never anything else. */
  for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR))
    if (fd >= FIRST_FD) {
      close(fd);
      break;
    }
  prctl(PR_SET_NAME, "nsproc-holder");
  sigprocmask(SIG_SETMASK, NULL, &old_mask);
  take_listen_fds();
  close_others();
  if (socket_to_fetch) {
    fetch(socket_to_fetch);
    pass_fds(-1, NULL);
    execvp(command[0], command);
    die("run the command");
  }
  const char *socket_text = getenv("NSPROC_KEEPER_SOCKET"), *kept_at = getenv("NSPROC_KEPT_AT");
  if (socket_text) snprintf(keeper_socket, sizeof keeper_socket, "%s", socket_text);
  if (kept_at) snprintf(mount_point, sizeof mount_point, "%s", kept_at);
  const char *outer = getenv("NOTIFY_SOCKET");
  if (outer) snprintf(outer_notify, sizeof outer_notify, "%s", outer);
  ssize_t length = readlink("/proc/self/exe", host_server, sizeof host_server - 16);
  while (length > 0 && host_server[length - 1] != '/') length--;
  if (length >= 0) strcpy(host_server + length, "host-server");
  own_niceness = getpriority(PRIO_PROCESS, 0);
  set_oom_score("-1000");
  raise_fd_limit();
  open_notify_socket();
  sigset_t mask;
  sigemptyset(&mask);
  int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(&mask, numbers[i]);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  signal(SIGPIPE, SIG_IGN);
  /* Ctrl-Z would stop it together with its server, and containers with both. */
  signal(SIGTSTP, SIG_IGN);
  int signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signal_fd < 0) die("wait for signals");
  next_start_ms = 0;
  for (;;) {
    long long wait_ms = work() - now_ms();
    struct pollfd fds[] = {{.fd = notify_fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
    poll(fds, 2, wait_ms > 60000 ? 60000 : wait_ms < 0 ? 0 : (int)wait_ms);
    /* Messages before signals: what a server said before its end counts. */
    receive_some();
    struct signalfd_siginfo info;
    while (read(signal_fd, &info, sizeof info) == sizeof info) {
      receive_some();
      take_signal(info.ssi_signo);
    }
  }
}
