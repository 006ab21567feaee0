/*
 * Answers what containers read of nsproc's files while no server of nsproc can: from the host's own
 * files, on connections that were made, mounted and initialised before, with the same node ids and
 * attributes, so that the next server finds nothing changed.
 *
 *     $ LISTEN_FDS=3 LISTEN_FDNAMES=tree:pressure:state host-server
 *     $ ... host-server --keeper SOCKET --mount-point DIR [--check-every SECONDS]
 *           [--grace-msec N]
 *
 * `tree` and `pressure` are the /dev/fuse of the read-only tree and of /proc/pressure, `state` is
 * what state.h describes; either of the last two may be missing. `notify` is where the holder, if
 * one started this, hears that it serves. Other fds are kept open.
 *
 * A keeper has been left behind by a server that was stopped while containers had its files. It
 * waits on SOCKET for the next server, and ends when no container has files of DIR any more. For N
 * milliseconds, and on while a server says that it is coming, it answers nobody: a restart is over
 * by then, and nobody has seen the host's files. Who was started by a holder is none before that
 * has died.
 *
 * Why C: it must serve from memory that is always there, and start when nothing else does.
 */
#define _GNU_SOURCE
#include "connection.h"
#include "keeper-mounts.h"
#include "keeper-socket.h"
#include "server-process.h"

/* In SETTLE_MS the server that left a keeper behind has ended. */
enum { NEVER = -1, DEFAULT_CHECK_SEC = 60, SETTLE_MS = 1000 };

static struct connection connections[] = {
	{ .fd = -1, .tree = &main_tree },
	{ .fd = -1, .tree = &pressure_tree },
};
enum { TREE, PRESSURE, CONNECTIONS };

static int64_t check_every_ms = DEFAULT_CHECK_SEC * 1000, next_check_ms, grace_ms;
static int64_t ask_again_ms; /* when a keeper does so once more; 0: not any more */
static int notify_fd = -1;
static bool is_keeper;

static struct {
	const char *keeper_socket;
	const char *mount_point;
} options;

static void parse_options(int count, char **arguments)
{
	for (int index = 1; index < count; index += 2) {
		const char *name = arguments[index], *value = arguments[index + 1];

		if (!value)
			fail("%s needs a value", name);
		else if (strcmp(name, "--keeper") == 0)
			options.keeper_socket = value;
		else if (strcmp(name, "--mount-point") == 0)
			options.mount_point = value;
		else if (strcmp(name, "--check-every") == 0)
			check_every_ms = strtoll(value, NULL, 10) * 1000;
		else if (strcmp(name, "--grace-msec") == 0)
			grace_ms = strtoll(value, NULL, 10);
		else
			fail("unknown option %s", name);
	}
	if (check_every_ms <= 0)
		fail("--check-every needs a number of seconds");
}

/* As sd_listen_fds_with_names(3), but for LISTEN_PID: whoever starts this may not know it. */
static int take_passed_fds(void)
{
	const char *count_text = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
	int count = count_text ? atoi(count_text) : 0;
	int state_fd = -1;

	for (int index = 0; index < count && names && *names; index++) {
		struct passed_fd passed = { .fd = FIRST_PASSED_FD + index };
		size_t length = strcspn(names, ":");

		snprintf(passed.name, sizeof(passed.name), "%.*s", (int)length, names);
		names += names[length] ? length + 1 : length;
		if (fcntl(passed.fd, F_SETFD, FD_CLOEXEC) < 0)
			continue;
		if (strcmp(passed.name, "notify") == 0) {
			notify_fd = passed.fd;
			continue;
		}
		if (strcmp(passed.name, "tree") == 0)
			connections[TREE].fd = passed.fd;
		else if (strcmp(passed.name, "pressure") == 0)
			connections[PRESSURE].fd = passed.fd;
		else if (strcmp(passed.name, "state") == 0)
			state_fd = passed.fd;
		/* The rest ends with this process. */
		if (passed_count < MOST_PASSED_FDS)
			passed_fds[passed_count++] = passed;
	}
	return state_fd;
}

static void open_connections(struct state state)
{
	static const char *const journals[CONNECTIONS] = { "journal", "pressure-journal" };
	static const char *const files[CONNECTIONS] = { "open-files", "pressure-open-files" };

	start_time_sec = session_start_sec(state);
	if (start_time_sec == 0)
		start_time_sec = (uint64_t)time(NULL);
	if (connections[TREE].fd < 0 && connections[PRESSURE].fd < 0)
		fail("no fd named tree or pressure was passed");
	for (int index = 0; index < CONNECTIONS; index++) {
		struct connection *connection = &connections[index];

		connection->is_over = connection->fd < 0;
		connection->files = find_node_files(state, files[index]);
		if (!connection->is_over &&
		    !open_connection(connection, find_journal(state, journals[index])))
			fail("no memory");
	}
}

/* The session's own word counts: what is mounted at its place may be somebody else's. */
static void know_device(struct state state, size_t word, char device[DEVICE_BYTES])
{
	uint64_t number = session_device(state, word);

	if (number)
		snprintf(device, DEVICE_BYTES, "%lu:%lu", (unsigned long)(number >> 20),
			 (unsigned long)(number & 0xfffff));
}

/* The kernel's name for a connection is the minor number of its file system's device. */
static void note_device(int fd, char device[DEVICE_BYTES])
{
	static const char label[] = "fuse_connection:";
	char path[48], lines[512];

	snprintf(path, sizeof(path), "self/fdinfo/%d", fd);
	int info = fd < 0 || device[0] ? -1 : openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return;
	ssize_t length = read(info, lines, sizeof(lines) - 1);
	close(info);
	lines[length > 0 ? length : 0] = 0;
	const char *line = strstr(lines, label);
	if (line)
		snprintf(device, DEVICE_BYTES, "0:%lu", strtoul(line + strlen(label), NULL, 10));
}

static bool begin_keeping(struct state state)
{
	if (options.mount_point && !know_mount_point(options.mount_point)) {
		say("cannot keep %s", options.mount_point);
		return false;
	}
	know_device(state, SESSION_TREE_DEVICE, kept_tree.device);
	know_device(state, SESSION_PRESSURE_DEVICE, kept_pressure.device);
	/* Of a mount point that was taken away, on kernels that tell. */
	note_device(connections[TREE].fd, kept_tree.device);
	note_device(connections[PRESSURE].fd, kept_pressure.device);
	if (options.keeper_socket && !listen_at(options.keeper_socket)) {
		say("cannot listen at %s: %s", options.keeper_socket, strerror(errno));
		return false;
	}
	next_check_ms = now_ms() + check_every_ms;
	grace_until_ms = now_ms() + grace_ms;
	ask_again_ms = now_ms() + (grace_ms > SETTLE_MS ? grace_ms : SETTLE_MS);
	return true;
}

/* Nobody above starts a server any more: whoever does finds a keeper. */
static void lose_holder(struct state state)
{
	close(notify_fd);
	notify_fd = -1;
	is_keeper = begin_keeping(state);
	say("the holder has ended; going on with the host's files until nsproc is started again");
	leave_terminal();
}

static void ask_all_again(void)
{
	for (int index = 0; index < CONNECTIONS; index++) {
		if (connections[index].is_over)
			continue;
		mend_node_files(&connections[index].files);
		ask_again(&connections[index]);
	}
}

/* What the server that left this keeper behind had taken when it ended, which may be later than this
 * one's start: nobody else would ask for it. */
static void ask_again_when_due(void)
{
	if (ask_again_ms == 0 || now_ms() < ask_again_ms)
		return;
	ask_again_ms = 0;
	ask_all_again();
}

static bool all_are_over(void)
{
	return connections[TREE].is_over && connections[PRESSURE].is_over;
}

/* Until somebody asks, or the next thing is due. */
static int patience_ms(void)
{
	int64_t until_ms = next_check_ms;

	if (is_scanning())
		return 0;
	if (!is_keeper)
		return NEVER;
	if (now_ms() < quiet_until_ms())
		until_ms = quiet_until_ms();
	if (ask_again_ms != 0 && ask_again_ms < until_ms)
		until_ms = ask_again_ms;
	for (int index = 0; index < MOST_CLIENTS; index++)
		if (clients[index].fd >= 0 && clients[index].until_ms < until_ms)
			until_ms = clients[index].until_ms;
	int64_t left_ms = until_ms - now_ms();
	return left_ms < 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
}

/* One step of looking for containers that have the files. True when there are none. */
static bool nobody_is_left(void)
{
	int64_t at_ms = now_ms();

	drop_late_clients(at_ms);
	if (!is_scanning() && at_ms >= next_check_ms) {
		next_check_ms = at_ms + check_every_ms;
		if (kept_tree.device[0])
			begin_scan();
	}
	return is_scanning() && scan_finds_no_use();
}

enum { SIGNAL_SLOT, HOLDER_SLOT, FIRST_CONNECTION, LISTEN_SLOT = FIRST_CONNECTION + CONNECTIONS,
       FIRST_CLIENT, SLOTS = FIRST_CLIENT + MOST_CLIENTS };

static void set_slots(struct pollfd slots[SLOTS])
{
	slots[SIGNAL_SLOT].fd = signal_fd;
	slots[HOLDER_SLOT].fd = notify_fd;
	/* Not before what the last server left is in order. */
	bool is_quiet = now_ms() < quiet_until_ms() || ask_again_ms != 0;
	for (int index = 0; index < CONNECTIONS; index++)
		slots[FIRST_CONNECTION + index].fd =
			connections[index].is_over || is_quiet ? -1 : connections[index].fd;
	slots[LISTEN_SLOT].fd = listen_fd;
	for (int index = 0; index < MOST_CLIENTS; index++)
		slots[FIRST_CLIENT + index].fd = is_keeper ? clients[index].fd : -1;
	for (int index = 0; index < SLOTS; index++) {
		slots[index].events = POLLIN;
		slots[index].revents = 0;
	}
}

/* True when another server serves from here on. */
static bool serve_clients(const struct pollfd slots[SLOTS])
{
	for (int index = 0; index < MOST_CLIENTS; index++) {
		if (!slots[FIRST_CLIENT + index].revents || clients[index].fd < 0)
			continue;
		if (take_command(&clients[index]))
			return true;
		/* Whoever has been given the fds in vain may have taken requests. */
		if (clients[index].fd < 0)
			ask_all_again();
	}
	if (slots[LISTEN_SLOT].revents)
		accept_client();
	return false;
}

/* Returns when this server is not needed any more. */
static void serve(struct state state)
{
	struct pollfd slots[SLOTS];

	while (!all_are_over()) {
		ask_again_when_due();
		set_slots(slots);
		if (poll(slots, SLOTS, patience_ms()) < 0)
			continue;
		if (slots[SIGNAL_SLOT].revents)
			return;
		if (slots[HOLDER_SLOT].revents)
			lose_holder(state);
		for (int index = 0; index < CONNECTIONS; index++)
			if (slots[FIRST_CONNECTION + index].revents)
				serve_one(&connections[index]);
		if (!is_keeper)
			continue;
		if (serve_clients(slots))
			return;
		if (nobody_is_left()) {
			unmount_own();
			return;
		}
	}
}

int main(int count, char **arguments)
{
	parse_options(count, arguments);
	int state_fd = take_passed_fds();
	bool may_keep = options.keeper_socket || options.mount_point;

	is_keeper = may_keep && notify_fd < 0;
	set_up_process();
	if (!open_host())
		fail("cannot use /proc and /sys of this host: %s", strerror(errno));
	look_at_host();
	begin_handles();
	struct state state = map_state(state_fd);
	open_connections(state);
	if (is_keeper && !begin_keeping(state))
		return USAGE;
	give_up_rights(may_keep);
	if (grace_ms == 0)
		ask_all_again();
	tell_ready(notify_fd);
	serve(state);
	wake_polls(&connections[PRESSURE]);
	stop_listening();
	return 0;
}
