"""A preloaded interpreter that forks one child for each run and never runs capability code itself.

It is started by the spawner, root only of the user namespace that holds all runs, with no files but the runtime's.
Each order names a run and brings descriptors: program, standard input, output and error, the namespaces of a
ready-made sandbox, its landlock ruleset and its control group. The child joins the sandbox, gives up every right in
the same steps as src/exec/sandbox/payload.rs, and then runs the same bootstrap as a cold start.

All children share this process's hash seed; `random` is seeded anew in each.
"""

import atexit
import gc
import os
import posix
import select
import signal
import struct
import sys
import threading
import time

import _socket
import ctypes
import logging
import resource

sys.path.insert(0, "/opt/execgov")
import _execgov_bootstrap as bootstrap  # noqa: E402
import _execgov_values  # noqa: E402, F401

del sys.path[0]

# What most scripts import: paid for once here instead of in each run. Each page of it is also paid for in each run, when
# the child is made and when it ends, so what few scripts import is not here.
PRELOAD = """
abc argparse base64 bisect codecs collections contextlib copy csv dataclasses datetime enum errno fnmatch functools
glob heapq io itertools json keyword logging math operator os pathlib posixpath queue re shlex shutil signal stat
string struct subprocess textwrap threading time traceback types typing unicodedata urllib.parse warnings weakref zlib
_sitebuiltins
""".split()

CONTROL_FD = 3
CLONE_NEWPID = 0x20000000
# In the order of NAMESPACES in src/exec/sandbox/order.rs; the second one, pid, is entered before the fork.
NAMESPACES = (0x10000000, CLONE_NEWPID, 0x00020000, 0x40000000, 0x08000000, 0x04000000, 0x02000000)
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS = 4, 24, 28, 38
SECUREBITS = 0b11101111 & ~0b00010000
RUN_ID = 1000
ENDED = '{"Ended":{"id":%d,"status":%d,"user_us":%d,"system_us":%d,"peak_kib":%d}}'
NUMBERS = {
    "x86_64": {"capset": 126, "seccomp": 317, "landlock_restrict_self": 446, "close_range": 436},
    "aarch64": {"capset": 91, "seccomp": 277, "landlock_restrict_self": 446, "close_range": 436},
}

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
# Called with the interpreter's lock held: a call through it returns in both processes as any call does.
held = ctypes.PyDLL(None, use_errno=True)


def fork():
    """As os.fork, without making anew what only matters where there are other threads: this process has none.

    Each page that is touched after a fork is copied, in both processes. What os.fork does around the call touches a
    third of all that a small run touches.
    """
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return os.fork()
    pid = held.fork()
    if pid < 0:
        raise OSError(ctypes.get_errno(), "fork")
    return pid


def own_identity():
    """In a child: what must differ from its parent."""
    if "random" in sys.modules:
        sys.modules["random"].seed()
    main = threading.main_thread()
    if hasattr(main, "_set_native_id"):
        main._set_native_id()


class SetupFailed(Exception):
    def __init__(self, step, errno):
        self.step, self.errno = step, errno


def checked(step, returned):
    if returned < 0:
        raise SetupFailed(step, ctypes.get_errno())


def preload():
    for name in PRELOAD:
        try:
            __import__(name)
        except ImportError:
            pass


def read_file(fd):
    parts = []
    offset = 0
    while True:
        part = os.pread(fd, 1 << 20, offset)
        if not part:
            return b"".join(parts)
        offset += len(part)
        parts.append(part)


class Zygote:
    def __init__(self):
        self.socket = _socket.socket(fileno=CONTROL_FD)
        self.numbers = NUMBERS[os.uname().machine]
        with open("/opt/execgov/filter.bin", "rb") as file:
            code = file.read()
        self.code = ctypes.create_string_buffer(code, len(code))
        self.program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(self.code)))
        self.children = {}

    def tell(self, note):
        """Sends a note. Those of each run are written by hand: json would touch much for little."""
        self.socket.send(note.encode())

    def tell_failed(self, run, step, errno):
        self.tell('{"Failed":{"id":%d,"step":%s,"errno":%d}}' % (run, quoted(step), errno or 0))

    def serve(self):
        """Forks for each order; returns in the children only: the order and its descriptors."""
        wake_out, wake_in = os.pipe()
        os.set_blocking(wake_out, False)
        os.set_blocking(wake_in, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
        poller = select.poll()
        poller.register(self.socket.fileno(), select.POLLIN)
        poller.register(wake_out, select.POLLIN)
        self.tell('"Ready"')
        while True:
            for fd, _ in poller.poll():
                if fd == wake_out:
                    try:
                        os.read(wake_out, 4096)
                    except BlockingIOError:
                        pass
                    self.reap()
                    continue
                order, fds = self.receive()
                if order is None:
                    os._exit(0)
                if self.fork(order, fds):
                    return order, fds
                for each in fds:
                    os.close(each)

    def receive(self):
        data, ancillary, _, _ = self.socket.recvmsg(65536, _socket.CMSG_SPACE(4 * 32))
        fds = []
        for level, kind, content in ancillary:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                fds += struct.unpack("%di" % (len(content) // 4), content)
        return (bootstrap.parse_json(data.decode()) if data else None), fds

    def fork(self, order, fds):
        """True in the child."""
        try:
            checked("enter the pid namespace", libc.setns(fds[5], CLONE_NEWPID))
            pid = fork()
        except (SetupFailed, OSError) as failed:
            self.tell_failed(order["id"], getattr(failed, "step", "fork"), failed.errno)
            self.tell(ENDED % (order["id"], 127 << 8, 0, 0, 0))
            return False
        if pid == 0:
            return True
        self.children[pid] = order["id"]
        return False

    def reap(self):
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            run = self.children.pop(pid, None)
            if run is not None:
                self.tell(ENDED % (run, status, used.ru_utime * 1e6, used.ru_stime * 1e6, used.ru_maxrss))

    def join(self, order, fds):
        """Makes the child what the order asks for: in the sandbox, without any right, with the run's descriptors."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        own_identity()
        rest = fds[11:]
        landlock = rest.pop(0) if order["landlock"] else None
        if order["group"]:
            os.write(rest.pop(0), b"0")
        program = bootstrap.parse_json(read_file(fds[0]).decode("utf-8"))
        # The user namespace last: rights over the others come from the one around it.
        for fd, kind in list(zip(fds[4:11], NAMESPACES))[:0:-1]:
            if kind != CLONE_NEWPID:
                checked("join namespaces", libc.setns(fd, kind))
        checked("join the user namespace", libc.setns(fds[4], NAMESPACES[0]))
        os.setresgid(RUN_ID, RUN_ID, RUN_ID)
        os.setresuid(RUN_ID, RUN_ID, RUN_ID)
        os.setsid()
        os.chdir("/work")
        os.umask(0o022)
        for number, soft, hard in order["limits"]:
            ceiling = resource.getrlimit(number)[1]
            if ceiling != resource.RLIM_INFINITY:
                soft, hard = min(soft, ceiling), min(hard, ceiling)
            resource.setrlimit(number, (bounded(soft), bounded(hard)))
        for name, value in program["env"].items():
            # What os.environ does for one name.
            key, value = os.fsencode(name), os.fsencode(value)
            posix.putenv(key, value)
            os.environ._data[key] = value
        for fd, at in zip(fds[1:4], (0, 1, 2)):
            os.dup2(fd, at)
        # The last words of this process as part of the appliance; the rights to say more go away with what follows.
        self.confine(landlock)
        self.tell('{"Begun":%d}' % order["id"])
        self.socket.detach()
        if libc.syscall(ctypes.c_long(self.numbers["close_range"]), ctypes.c_uint(3), ctypes.c_uint(0xFFFFFFFF), ctypes.c_uint(0)) < 0:
            os.closerange(3, 4096)
        return program["spec"]

    def confine(self, landlock):
        prctl = libc.prctl
        checked("lock capabilities", prctl(PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0))
        for capability in range(64):
            if prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
                break
        checked("forbid new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        checked("be ordinary", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
        syscall, number = libc.syscall, self.numbers
        if landlock is not None:
            checked("apply landlock", syscall(ctypes.c_long(number["landlock_restrict_self"]), landlock, 0))
        header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
        nothing = ctypes.create_string_buffer(24)
        checked("drop capabilities", syscall(ctypes.c_long(number["capset"]), header, nothing))
        if len(self.code):
            checked("apply the system call filter", syscall(ctypes.c_long(number["seccomp"]), 1, 0, self.program))


def open_stdout():
    """Standard output as runs have it, over a pipe that nobody reads: each child has its own there."""
    nobody, out = os.pipe()
    os.dup2(out, 1)
    os.close(nobody)
    os.close(out)
    bootstrap.stdout_opener()()


def bounded(value):
    return value if value < 1 << 63 else resource.RLIM_INFINITY


def quoted(text):
    import json

    return json.dumps(text)


def main():
    zygote = Zygote()
    preload()
    # Called at the end as well, but only where something logs.
    atexit.unregister(logging.shutdown)
    # The place of what was taken back still counts.
    callbacks = atexit._ncallbacks()
    open_stdout()
    bootstrap.open_stdout = lambda: None
    bootstrap.restore_builtins()
    os.environ.clear()
    time.localtime()
    sys.modules[bootstrap.START] = sys.modules["__main__"]
    gc.collect()
    gc.freeze()
    order, fds = zygote.serve()
    try:
        spec = zygote.join(order, fds)
    except SetupFailed as failed:
        zygote.tell_failed(order["id"], failed.step, failed.errno)
        os._exit(127)
    except OSError as failed:
        zygote.tell_failed(order["id"], "join the sandbox", failed.errno)
        os._exit(127)
    status = bootstrap.run(spec)
    bootstrap.finish(status, callbacks, logging.shutdown if logging._handlerList else None)


if __name__ == "__main__":
    main()
