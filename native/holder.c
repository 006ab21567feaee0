/*
 * Keeps the connections to the kernel while the server that answers them comes and goes.
 *
 *     $ holder -- node dist/main.js serve
 *     $ holder --fetch SOCKET -- COMMAND...     take a keeper's fds over, then become COMMAND
 *
 * A FUSE mount lives as long as somebody holds its /dev/fuse open. So the server gives each fd that
 * must outlive it to this process, in the words of sd_notify(3): FDSTORE=1 with FDNAME=, READY=1,
 * WATCHDOG=1, STOPPING=1. A server that ends without STOPPING=1 is started again and finds the fds
 * as sd_listen_fds_with_names(3) has it. Below systemd its fd store has a copy of them all, and a
 * holder that dies is followed by another (manager-above.h).
 *
 * Beyond systemd's words: each server says them on an fd of its own, named "notify", one end of a
 * pair of sockets, so that nobody else can. From another one, "go", it reads one byte before it
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
#include "keeper-client.h"
#include "kept-fds.h"
#include "manager-above.h"
#include "slowness.h"
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* A server that lived so long after it was ready has not failed quickly. */
#define HEALTHY_MS (10000 * SLOWNESS)
/* So many quick deaths in a row, and the next start waits, at most so long. */
#define PATIENCE_DEATHS 3
/* A server that dies so soon after it was ready has answered next to nobody. So many of them in a
 * row, more than one request or container can cause, count as starts that failed. */
#define SHORT_LIFE_MS (1000 * SLOWNESS)
#define PATIENCE_SHORT_LIVES 12
#define PAUSE_STEP_MS 50
#define LONGEST_PAUSE_MS 300
/* So many starts in a row that failed, and the host's files are served meanwhile. */
#define PATIENCE_STARTS 2
#define LONGEST_DELAY_MS 10000
/* Between two starts of host-server. */
#define HOST_SERVER_MS 1000
/* Messages taken at a time: a server that sends without end keeps nobody from the rest. */
#define MOST_MESSAGES 64
/* A server that is stopped (SIGSTOP) so long is replaced. */
#define STOPPED_MS 500
/* A server that does not say WATCHDOG=1 for so long is replaced. */
#define WATCHDOG_MS (5000 * SLOWNESS)
/* From its start until it is ready for its "go", and from there to READY=1. */
#define START_MS (60000 * SLOWNESS)
#define GO_MS (10000 * SLOWNESS)
/* A start that takes so long, and the host's files are served meanwhile. */
#define SLOW_START_MS (5000 * SLOWNESS)
/* From SIGTERM to its end. */
#define STOP_MS 15000
/* By so much a server is nicer to itself until it is ready, while readers wait for it. */
#define HURRY 10

struct child {
	pid_t pid; /* 0: there is none */
	bool is_host_server;
	bool has_go;
	bool is_ready;
	bool is_stopping; /* it said STOPPING=1 */
	bool is_awaited;  /* its predecessor was killed for it */
	bool has_ended;
	int go_fd;     /* write end, -1 once used */
	int notify_fd; /* the end of this process; -1 when there is none */
	long long started_ms, ready_ms, beat_ms;
	long long stopped_ms; /* 0: it runs */
};

#define NO_CHILD ((struct child){ .go_fd = -1, .notify_fd = -1 })

static struct child serving = { .go_fd = -1, .notify_fd = -1 };
static struct child coming = { .go_fd = -1, .notify_fd = -1 };
static char **command;
static char host_server[PATH_MAX];
static char keeper_socket[PATH_MAX], mount_point[PATH_MAX];
static bool was_ever_ready, is_stopping;
static long long stop_deadline_ms, next_start_ms, next_host_server_ms, next_beat_ms;
static int quick_deaths, short_lives, failed_starts, restarts, own_niceness;
static sigset_t old_mask;

static void set_oom_score(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Lowering it takes CAP_SYS_RESOURCE; without it the process is killed as any other. */
	if (write(fd, score, strlen(score)) < 0)
		errno = 0;
	close(fd);
}

/* For all threads that the process has by now; those that begin later inherit it. */
static void set_niceness(pid_t pid, int niceness)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *tasks = opendir(path);
	if (tasks == NULL)
		return;
	for (struct dirent *task; (task = readdir(tasks));)
		if (atoi(task->d_name) > 0)
			setpriority(PRIO_PROCESS, atoi(task->d_name), niceness);
	closedir(tasks);
}

static void become(char *const *arguments)
{
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	signal(SIGPIPE, SIG_DFL);
	set_oom_score("-900");
	execvp(arguments[0], arguments);
	fprintf(stderr, "holder: cannot run %s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

static char *host_arguments[] = { host_server,	   "--keeper",	keeper_socket,
				  "--mount-point", mount_point, NULL };

static void close_pair(const int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

/* In the child: what it becomes, and in which environment. */
static void run_server(bool is_host_server, int go_fd, int server_end, pid_t holder)
{
	struct named_fd own[] = { { server_end, "notify" }, { go_fd, "go" } };
	/* What goes on after this process is then the service manager's, and begins when this is
	 * gone. */
	if (above.has_store)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != holder)
		_exit(126);
	pass_fds(own, go_fd < 0 ? 1 : 2);
	set_number("FDSTORE", MOST_FDS);
	set_number("NSPROC_RESTARTS", restarts);
	set_number("WATCHDOG_USEC", WATCHDOG_MS * 1000LL);
	set_number("WATCHDOG_PID", getpid());
	if (serving.pid == 0)
		setpriority(PRIO_PROCESS, 0, own_niceness - HURRY);
	if (keeper_socket[0] == 0)
		host_arguments[1] = NULL;
	become(is_host_server ? host_arguments : command);
}

/* Starts the server, which waits at its "go" fd, or host-server, which does not. */
static bool start(struct child *child, bool is_host_server)
{
	int go[2] = { -1, -1 }, notify[2] = { -1, -1 };
	pid_t pid = -1, holder = getpid();
	bool has_fds = (is_host_server || pipe2(go, O_CLOEXEC) == 0) &&
		       socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, notify) == 0;
	if (has_fds)
		pid = fork();
	if (pid == 0)
		run_server(is_host_server, go[0], notify[1], holder);
	if (pid < 0) {
		close_pair(go);
		close_pair(notify);
		return false;
	}
	if (go[0] >= 0)
		close(go[0]);
	close(notify[1]);
	*child = (struct child){ .pid = pid,
				 .is_host_server = is_host_server,
				 .has_go = is_host_server,
				 .go_fd = go[1],
				 .notify_fd = notify[0],
				 .started_ms = now_ms() };
	return true;
}

static void give_go(struct child *child, char reason)
{
	if (child->pid == 0 || child->has_go)
		return;
	child->has_go = true;
	child->started_ms = now_ms();
	if (write(child->go_fd, &reason, 1) < 0)
		say(50, "cannot tell the server to begin");
	close(child->go_fd);
	child->go_fd = -1;
}

static void forget(struct child *child)
{
	if (child->go_fd >= 0)
		close(child->go_fd);
	if (child->notify_fd >= 0)
		close(child->notify_fd);
	*child = NO_CHILD;
}

static void start_coming(void)
{
	/* Whoever dies before it is ready is tried again later, not at once. */
	next_start_ms = LLONG_MAX;
	if (!start(&coming, false)) {
		say(50, "cannot start the server");
		next_start_ms = now_ms() + LONGEST_DELAY_MS;
		return;
	}
}

/* Somebody who answers from the host's files, that neither this process nor a terminal ends. */
static void leave_keeper(void)
{
	if (index_of("tree") < 0 || keeper_socket[0] == 0)
		return;
	pid_t pid = fork();
	if (pid != 0)
		return;
	setsid();
	pass_fds(NULL, 0);
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < FIRST_FD && null >= 0; fd++)
		dup2(null, fd);
	become(host_arguments);
}

static void end_with(int status)
{
	if (serving.pid)
		kill(serving.pid, serving.is_host_server ? SIGTERM : SIGKILL);
	if (coming.pid)
		kill(coming.pid, SIGKILL);
	exit(status);
}

static int exit_status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void say_how_it_ended(pid_t pid, int status, const char *then)
{
	if (WIFSIGNALED(status))
		say(50, "server %d was killed by signal %d; %s", pid, WTERMSIG(status), then);
	else
		say(50, "server %d ended with status %d; %s", pid, WEXITSTATUS(status), then);
}

/* A server did not get so far: the next start comes at once, and then later and later. */
static void plan_retry(void)
{
	long long delay_ms =
		failed_starts == 0 ? 0 : 50LL << (failed_starts < 10 ? failed_starts : 10);
	failed_starts++;
	next_start_ms = now_ms() + (delay_ms < LONGEST_DELAY_MS ? delay_ms : LONGEST_DELAY_MS);
	restarts++;
}

/* A server that served has died: the next start comes at once, unless that happens all the time. */
static void plan_restart(long long lived_ms)
{
	quick_deaths = lived_ms > HEALTHY_MS ? 0 : quick_deaths + 1;
	short_lives = lived_ms > SHORT_LIFE_MS ? 0 : short_lives + 1;
	if (short_lives > PATIENCE_SHORT_LIVES) {
		if (failed_starts <= PATIENCE_STARTS)
			failed_starts = PATIENCE_STARTS + 1;
		plan_retry();
		return;
	}
	failed_starts = 0;
	long long pause_ms = 0;
	if (quick_deaths > PATIENCE_DEATHS)
		pause_ms = PAUSE_STEP_MS * (quick_deaths - PATIENCE_DEATHS);
	next_start_ms = now_ms() + (pause_ms < LONGEST_PAUSE_MS ? pause_ms : LONGEST_PAUSE_MS);
	restarts++;
}

static void serving_ended(int status)
{
	struct child was = serving;
	forget(&serving);
	if (was.is_host_server) {
		next_host_server_ms = now_ms() + HOST_SERVER_MS;
		if (is_stopping)
			leave_keeper(), end_with(0);
		if (coming.pid)
			give_go(&coming, 'C');
		else if (next_start_ms == LLONG_MAX)
			next_start_ms = now_ms();
		return;
	}
	if (was.is_stopping)
		end_with(WIFSIGNALED(status) ? 0 : exit_status_of(status));
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

static void coming_ended(int status)
{
	struct child was = coming;
	forget(&coming);
	if (was.is_stopping)
		end_with(exit_status_of(status));
	/* A first start that fails is a mistake of whoever started it, which it has explained. */
	if (!was_ever_ready && index_of("tree") < 0)
		end_with(exit_status_of(status));
	if (is_stopping) {
		if (serving.pid == 0 || serving.is_host_server)
			leave_keeper(), end_with(0);
		return;
	}
	if (serving.pid && !serving.is_host_server) {
		say_how_it_ended(was.pid, status, "its predecessor goes on");
		return;
	}
	say_how_it_ended(was.pid, status, "it never served; trying again");
	plan_retry();
}

static void replace(void)
{
	if (coming.pid || is_stopping)
		return;
	say(30, "starting a server to replace the one that runs");
	start_coming();
}

static void became_ready(struct child *child)
{
	if (!child->is_ready)
		set_niceness(child->pid, own_niceness);
	child->is_ready = was_ever_ready = true;
	child->ready_ms = child->beat_ms = now_ms();
	if (child != &coming)
		return;
	serving = coming;
	coming = NO_CHILD;
}

/* One line of a message: NAME=VALUE. */
static void take_line(struct child *child, const char *line)
{
	const char *equals = strchr(line, '=');
	const char *value = equals ? equals + 1 : "";
	if (strcmp(line, "READY=1") == 0)
		became_ready(child);
	else if (strcmp(line, "WATCHDOG=1") == 0)
		child->beat_ms = now_ms();
	else if (strcmp(line, "STOPPING=1") == 0)
		child->is_stopping = true;
	else if (strcmp(line, "X_NSPROC=replace") == 0)
		replace();
	else if (strcmp(line, "X_NSPROC=standby") == 0 && child == &coming && !coming.has_ended) {
		coming.is_awaited = serving.pid != 0;
		if (serving.pid)
			kill(serving.pid, SIGKILL);
		else
			give_go(&coming, was_ever_ready || index_of("tree") >= 0 ? 'C' : 'F');
	} else if (strncmp(line, "X_NSPROC_KEEPER=", 16) == 0)
		snprintf(keeper_socket, sizeof keeper_socket, "%s", value);
	else if (strncmp(line, "X_NSPROC_MOUNT_POINT=", 21) == 0)
		snprintf(mount_point, sizeof mount_point, "%s", value);
}

static const char *value_in(const char *text, const char *name, char *into, size_t size)
{
	size_t length = strlen(name);
	for (const char *line = text; line; line = strchr(line, '\n'), line += line != NULL)
		if (strncmp(line, name, length) == 0) {
			snprintf(into, size, "%.*s", (int)strcspn(line + length, "\n"),
				 line + length);
			return into;
		}
	return NULL;
}

struct message {
	char text[4096];
	int fds[4];
	int fd_count;
};

/* False when there is none. The server has then gone, or says nothing. */
static bool receive(struct child *child, struct message *into)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof into->fds)];
	} control;
	struct iovec part = { into->text, sizeof into->text - 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof control };
	if (child->notify_fd < 0)
		return false;
	ssize_t length = recvmsg(child->notify_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (length <= 0) {
		close(child->notify_fd);
		child->notify_fd = -1;
		return false;
	}
	into->text[length] = 0;
	into->fd_count = 0;
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
		into->fd_count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(into->fds, CMSG_DATA(rights), into->fd_count * sizeof(int));
	}
	return true;
}

static void take_fds(const struct message *message)
{
	char name[NAME_BYTES];
	bool has_name = value_in(message->text, "FDNAME=", name, sizeof name) != NULL;
	bool stores = has_name && strstr(message->text, "FDSTORE=1") && message->fd_count > 0;
	if (stores)
		keep(name, message->fds[0]);
	for (int i = stores ? 1 : 0; i < message->fd_count; i++)
		close(message->fds[i]);
	if (has_name && strstr(message->text, "FDSTOREREMOVE=1"))
		drop(name);
}

/* What a service manager above should know, too. */
static bool is_for_above(const char *line)
{
	return strcmp(line, "READY=1") == 0 || strcmp(line, "STOPPING=1") == 0 ||
	       strncmp(line, "STATUS=", 7) == 0;
}

/* Takes what a server has said, at most so many messages. With READY=1 one that came is serving. */
static void hear(struct child *child, int most_messages)
{
	static struct message message;
	for (int count = 0; count < most_messages && receive(child, &message); count++) {
		take_fds(&message);
		for (char *rest = message.text, *line; (line = strsep(&rest, "\n"));) {
			if (is_for_above(line))
				tell_above(line, -1, MSG_DONTWAIT);
			take_line(child, line);
			if (child == &coming && coming.pid == 0)
				child = &serving;
		}
	}
}

static struct child *child_of(pid_t pid)
{
	return pid == serving.pid ? &serving : pid == coming.pid ? &coming : NULL;
}

static void reap(void)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		struct child *child = child_of(pid);
		if (child == NULL)
			continue;
		if (WIFSTOPPED(status))
			child->stopped_ms = now_ms();
		else if (WIFCONTINUED(status))
			child->stopped_ms = 0, child->beat_ms = now_ms();
		else {
			child->has_ended = true;
			hear(child, INT_MAX);
			if (child_of(pid) == &serving)
				serving_ended(status);
			else
				coming_ended(status);
		}
	}
}

static void take_signal(int number)
{
	switch (number) {
	case SIGCHLD:
		reap();
		return;
	case SIGUSR1:
		replace();
		return;
	case SIGHUP:
	case SIGUSR2:
		if (serving.pid && !serving.is_host_server)
			kill(serving.pid, number);
		return;
	default:
		break;
	}
	is_stopping = true;
	stop_deadline_ms = now_ms() + STOP_MS;
	if (coming.pid && serving.pid)
		kill(coming.pid, SIGKILL);
	else if (coming.pid)
		kill(coming.pid, number);
	if (serving.pid && !serving.is_host_server)
		kill(serving.pid, number);
	else if (coming.pid == 0) {
		leave_keeper();
		end_with(0);
	}
}

static long long earlier(long long a, long long b)
{
	return a < b ? a : b;
}

/* Kills a child that is past one of its limits; returns when the next one is due. */
static long long watch(struct child *child)
{
	if (child->pid == 0)
		return LLONG_MAX;
	long long now = now_ms(), due = LLONG_MAX;
	if (child->stopped_ms) {
		due = child->stopped_ms + STOPPED_MS;
		if (now >= due)
			say(50, "server %d is stopped; replacing it", child->pid);
	} else if (child->is_ready && !child->is_host_server) {
		due = child->beat_ms + WATCHDOG_MS;
		if (now >= due)
			say(50, "server %d is silent; replacing it", child->pid);
	} else if (!child->is_ready) {
		due = child->started_ms + (child->has_go ? GO_MS : START_MS);
		if (now >= due)
			say(50, "server %d does not get ready; ending it", child->pid);
	}
	if (now < due)
		return due;
	kill(child->pid, SIGKILL);
	child->stopped_ms = 0;
	child->beat_ms = child->started_ms = now;
	return now + 1000;
}

/* Does what is due; returns when something will be. */
static long long work(void)
{
	long long now = now_ms();
	if (above.beat_ms > 0 && now >= next_beat_ms) {
		next_beat_ms = now + above.beat_ms;
		tell_above("WATCHDOG=1", -1, MSG_DONTWAIT);
	}
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
	if (host_server_ms < next_host_server_ms)
		host_server_ms = next_host_server_ms;
	bool needs_host_server =
		!is_stopping && serving.pid == 0 && !coming.has_go && index_of("tree") >= 0;
	if (needs_host_server && now >= host_server_ms && access(host_server, X_OK) == 0) {
		say(40, "serving the host's files until the server starts again");
		host_server_ms = next_host_server_ms = now + HOST_SERVER_MS;
		needs_host_server = !start(&serving, true);
	}
	long long due = earlier(watch(&serving), watch(&coming));
	if (needs_host_server && host_server_ms > now)
		due = earlier(due, host_server_ms);
	if (is_stopping)
		due = earlier(due, stop_deadline_ms);
	if (coming.pid == 0 && (serving.pid == 0 || serving.is_host_server))
		due = earlier(due, next_start_ms);
	return above.beat_ms > 0 ? earlier(due, next_beat_ms) : due;
}

/* Where things are: the keeper's socket and mount point, and host-server beside this program. */
static void know_places(void)
{
	const char *socket_text = getenv("NSPROC_KEEPER_SOCKET"),
		   *kept_at = getenv("NSPROC_KEPT_AT");
	if (socket_text)
		snprintf(keeper_socket, sizeof keeper_socket, "%s", socket_text);
	if (kept_at)
		snprintf(mount_point, sizeof mount_point, "%s", kept_at);
	ssize_t length = readlink("/proc/self/exe", host_server, sizeof host_server - 16);
	while (length > 0 && host_server[length - 1] != '/')
		length--;
	if (length >= 0)
		strcpy(host_server + length, "host-server");
}

/* An fd that becomes readable with each signal that means something here. */
static int open_signals(void)
{
	sigset_t mask;
	int numbers[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 };
	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaddset(&mask, numbers[i]);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* Ctrl-Z would stop it together with its server, and containers with both. */
	signal(SIGTSTP, SIG_IGN);
	int fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die("wait for signals");
	return fd;
}

static void hold(void)
{
	int signal_fd = open_signals();
	for (;;) {
		long long wait_ms = work() - now_ms();
		struct pollfd fds[] = { { .fd = signal_fd, .events = POLLIN },
					{ .fd = serving.notify_fd, .events = POLLIN },
					{ .fd = coming.notify_fd, .events = POLLIN } };
		poll(fds, 3, wait_ms > 60000 ? 60000 : wait_ms < 0 ? 0 : (int)wait_ms);
		/* Messages before signals: what a server said before its end counts. */
		hear(&serving, MOST_MESSAGES);
		hear(&coming, MOST_MESSAGES);
		struct signalfd_siginfo info;
		while (read(signal_fd, &info, sizeof info) == sizeof info)
			take_signal(info.ssi_signo);
	}
}

int main(int argc, char **argv)
{
	int at = 1;
	const char *socket_to_fetch = NULL;
	if (argc > 2 && strcmp(argv[1], "--fetch") == 0)
		socket_to_fetch = argv[2], at = 3;
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
	raise_fd_limit();
	take_listen_fds();
	know_above();
	close_others();
	if (socket_to_fetch) {
		fetch(socket_to_fetch);
		pass_fds(NULL, 0);
		execvp(command[0], command);
		die("run the command");
	}
	know_places();
	own_niceness = getpriority(PRIO_PROCESS, 0);
	set_oom_score("-1000");
	unsetenv("NOTIFY_SOCKET");
	hold();
}
