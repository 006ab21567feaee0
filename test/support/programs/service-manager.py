"""Does for one service what systemd does: Type=notify, NotifyAccess=main, an fd store, WatchdogSec=.

    service-manager.py [--restart] COMMAND...

Each line of standard input is an order: "start", "signal NAME" for the main process, "forget" what
is in the store, as systemd does at a stop without FileDescriptorStorePreserve=. With --restart it is
started again whenever it ends, as by Restart=always with RestartSec=0. What happens is printed:
"started PID", "ready", "stored NAME", "removed NAME", "silent", "ended STATUS".
"""

import array
import os
import resource
import select
import signal
import socket
import struct
import sys
import time

WATCHDOG_SEC = 5
HIGH_FD = 4000

restarts = sys.argv[1] == "--restart"
command = sys.argv[2:] if restarts else sys.argv[1:]
store = {}
main_pid = None
last_beat = None
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.bind("")
address = "@" + listener.getsockname()[1:].decode()
wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
signal.set_wakeup_fd(wake_write)
signal.signal(signal.SIGCHLD, lambda *_: None)


def say(text):
    # One write: what the service logs goes between two.
    os.write(1, f"{text}\n".encode())


def start():
    global main_pid, last_beat
    last_beat = None
    main_pid = os.fork()
    if main_pid != 0:
        say(f"started {main_pid}")
        return
    # Out of the way first, then to 3, 4, ... as sd_listen_fds(3) expects them.
    high = [os.dup(fd) for fd in store.values()]
    kept = [os.dup2(fd, HIGH_FD + index, inheritable=False) for index, fd in enumerate(high)]
    for index, fd in enumerate(kept):
        os.dup2(fd, 3 + index, inheritable=True)
    environment = dict(os.environ, NOTIFY_SOCKET=address, FDSTORE="2048")
    environment["WATCHDOG_USEC"] = str(WATCHDOG_SEC * 1000000)
    environment["WATCHDOG_PID"] = str(os.getpid())
    if store:
        environment["LISTEN_PID"] = str(os.getpid())
        environment["LISTEN_FDS"] = str(len(store))
        environment["LISTEN_FDNAMES"] = ":".join(store)
    os.execvpe(command[0], command, environment)


def receive_message():
    sender = None
    fds = array.array("i")
    room = socket.CMSG_SPACE(struct.calcsize("3i")) + socket.CMSG_SPACE(4 * fds.itemsize)
    text, ancillary, _, _ = listener.recvmsg(4096, room)
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
        elif level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            sender = struct.unpack("3i", content)[0]
    return text, list(fds), sender


def receive():
    global last_beat
    text, fds, sender = receive_message()
    if sender != main_pid:
        for fd in fds:
            os.close(fd)
        return
    lines = dict(line.split("=", 1) for line in text.decode().splitlines() if "=" in line)
    name = lines.get("FDNAME", "stored")
    if lines.get("FDSTORE") == "1" and fds:
        if name in store:
            os.close(store[name])
        store[name] = fds[0]
        say(f"stored {name}")
    if lines.get("FDSTOREREMOVE") == "1" and name in store:
        os.close(store.pop(name))
        say(f"removed {name}")
    if lines.get("READY") == "1":
        say("ready")
    if lines.get("READY") == "1" or lines.get("WATCHDOG") == "1" and last_beat is not None:
        last_beat = time.monotonic()


def watch():
    global last_beat
    if main_pid is None or last_beat is None or time.monotonic() < last_beat + WATCHDOG_SEC:
        return
    say("silent")
    last_beat = None
    os.kill(main_pid, signal.SIGKILL)


def reap():
    global main_pid
    os.read(wake_read, 100)
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid == main_pid:
            main_pid = None
            say(f"ended {os.waitstatus_to_exitcode(status)}")
            if restarts:
                start()


most_fds = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most_fds, most_fds))
start()
orders = b""
while True:
    ready, _, _ = select.select([listener, wake_read, 0], [], [], 0.2)
    # As systemd has it: what a process said before its end counts.
    if listener in ready:
        receive()
    elif wake_read in ready:
        reap()
    watch()
    if 0 in ready:
        more = os.read(0, 1000)
        if more == b"":
            break
        orders += more
        *whole, orders = orders.split(b"\n")
        for order in whole:
            if order == b"start":
                start()
            elif order == b"forget":
                while store:
                    os.close(store.popitem()[1])
            elif main_pid is not None:
                os.kill(main_pid, getattr(signal, order.decode().split()[1]))
