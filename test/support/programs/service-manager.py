"""Does for one service what systemd does: Type=notify, an fd store, Restart= on demand.

    service-manager.py COMMAND...

Each line of standard input is an order: "start", "signal NAME" for the main process. What happens
is printed: "ready", "stored NAME", "removed NAME", "ended STATUS".
"""

import array
import os
import select
import signal
import socket
import sys

command = sys.argv[1:]
store = {}
main_pid = None
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("")
address = "@" + listener.getsockname()[1:].decode()
wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
signal.set_wakeup_fd(wake_write)
signal.signal(signal.SIGCHLD, lambda *_: None)


def say(text):
    # One write: what the service logs goes between two.
    os.write(1, f"{text}\n".encode())


def start():
    global main_pid
    main_pid = os.fork()
    if main_pid != 0:
        return
    # Out of the way first, then to 3, 4, ... as sd_listen_fds(3) expects them.
    high = [os.dup(fd) for fd in store.values()]
    kept = [os.dup2(fd, 200 + index) for index, fd in enumerate(high)]
    for index, fd in enumerate(kept):
        os.dup2(fd, 3 + index, inheritable=True)
    environment = dict(os.environ, NOTIFY_SOCKET=address, FDSTORE="100", WATCHDOG_USEC="5000000")
    environment["WATCHDOG_PID"] = str(os.getpid())
    if store:
        environment["LISTEN_PID"] = str(os.getpid())
        environment["LISTEN_FDS"] = str(len(store))
        environment["LISTEN_FDNAMES"] = ":".join(store)
    os.execvpe(command[0], command, environment)


def receive():
    text, fds, _, _ = socket.recv_fds(listener, 4096, 4)
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


start()
orders = b""
while True:
    ready, _, _ = select.select([listener, wake_read, 0], [], [])
    if listener in ready:
        receive()
    if wake_read in ready:
        reap()
    if 0 in ready:
        more = os.read(0, 1000)
        if more == b"":
            break
        orders += more
        *whole, orders = orders.split(b"\n")
        for order in whole:
            if order == b"start":
                start()
            elif main_pid is not None:
                os.kill(main_pid, getattr(signal, order.decode().split()[1]))
