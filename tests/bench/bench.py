#!/usr/bin/env python3
"""Figures of ExecGov beside the bare script, alternately in one run. Prints a table; `--json FILE` keeps the raw values.

Everything is measured with policy, audit, durable commits and the full sandbox on. Ratios are medians of rounds with
minimum and maximum, because machines are noisy. Standard library only; servers listen on loopback and are ended here.
"""

import argparse
import http.client
import json
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import vault_figures

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRIVIAL = 'print("hello")\n'
HUNDRED = 'print("x" * 99)\n'
LINES = 'import sys\nfor n in range(1_000_000):\n    sys.stdout.write("line %d of the log\\n" % n)\n'
PASSWORD = "bench bench bench"


class Connection:
    """A kept-alive connection that reads just enough HTTP to be cheap."""

    def __init__(self, port, token):
        self.port, self.token, self.sock, self.buffer = port, token, None, b""

    def request(self, method, path, body=b"", kind="application/json"):
        if self.sock is None:
            self.sock = socket.create_connection(("127.0.0.1", self.port))
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.sock.sendall(head.encode() + body)
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        status = int(head[9:12])
        headers = head.lower()
        if b"content-length:" in headers:
            length = int(headers.split(b"content-length:")[1].split(b"\r\n")[0])
            while len(rest) < length:
                self.buffer = rest
                self.more()
                rest = self.buffer
            body, self.buffer = rest[:length], rest[length:]
        else:  # chunked
            body = b""
            while True:
                while b"\r\n" not in rest:
                    self.buffer = rest
                    self.more()
                    rest = self.buffer
                size, _, rest = rest.partition(b"\r\n")
                size = int(size, 16)
                while len(rest) < size + 2:
                    self.buffer = rest
                    self.more()
                    rest = self.buffer
                body, rest = body + rest[:size], rest[size + 2 :]
                if size == 0:
                    break
            self.buffer = rest
        return status, headers, body

    def more(self):
        data = self.sock.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data


class Appliance:
    """A server of its own, set up in solo mode, with a token."""

    def __init__(self, binary, data=None, **environment):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="execgov-bench-"))
        self.data = pathlib.Path(data) if data else self.dir / "data"
        ready = self.dir / "ready"
        env = dict(os.environ, EXECGOV_LOG_LEVEL="error", **environment)
        began = time.monotonic()
        command = [binary, "serve", "--data-dir", self.data, "--listen", "127.0.0.1:0", "--ready-file", ready]
        self.process = subprocess.Popen([str(part) for part in command], env=env, stdout=subprocess.DEVNULL)
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                raise SystemExit("the server did not start")
            time.sleep(0.001)
        self.start_s = time.monotonic() - began
        self.port = int(ready.read_text().strip().rsplit(":", 1)[1].rstrip("/"))

    def json(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:400]!r}")
        return answer, json.loads(text) if text else None

    def set_up(self):
        token = (self.data / "setup-token").read_text().strip()
        self.json("POST", "/api/v1/setup", {"token": token, "username": "bench", "password": PASSWORD, "mode": "solo"})
        return self.sign_in()

    def sign_in(self):
        answer, _ = self.json("POST", "/api/v1/session", {"username": "bench", "password": PASSWORD})
        cookie = answer.getheader("Set-Cookie").split(";")[0]
        headers = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{self.port}"}
        _, made = self.json("POST", "/api/v1/tokens", {"name": f"bench-{time.time_ns()}", "scopes": ["admin"], "days": 1}, headers)
        self.token = made["token"]
        return self

    def register(self, name, text):
        mark = "----execgovbench"
        body = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}.py"\r\n\r\n{text}\r\n--{mark}--\r\n'
        connection = Connection(self.port, self.token)
        status, _, answer = connection.request("POST", "/api/v1/capabilities", body.encode(), f"multipart/form-data; boundary={mark}")
        assert status in (200, 201), answer
        status, _, answer = connection.request("POST", f"/api/v1/capabilities/{name}/versions/1/publish", b"{}")
        assert status == 200, answer

    def processes(self):
        """The server and its descendants, but for preloaded interpreters and sandboxes."""
        children = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    stat = (entry / "stat").read_text()
                except OSError:
                    continue
                parent = int(stat.rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue += children.get(pid, [])
        return found

    def pss_kib(self):
        total = 0
        for pid in self.processes():
            try:
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
            except OSError:
                pass
        return total

    def cpu_s(self):
        total = 0
        for pid in self.processes():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
            except OSError:
                pass
        return total / os.sysconf("SC_CLK_TCK")

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def run_body(name):
    return json.dumps({"capability": name, "inputs": {}}).encode()


def clients(appliance, name, total, count):
    """Rate of `total` runs asked for by `count` clients, each answered when the run is over and readable."""
    left, lock, statuses = [total], threading.Lock(), {}
    body = run_body(name)

    def work():
        connection = Connection(appliance.port, appliance.token)
        while True:
            with lock:
                if left[0] <= 0:
                    return
                left[0] -= 1
            while True:
                status, headers, answer = connection.request("POST", "/api/v1/runs?wait=60", body)
                with lock:
                    statuses[status] = statuses.get(status, 0) + 1
                if status in (429, 503) and b"retry-after" in headers:
                    time.sleep(0.05)
                    continue
                break
            if status == 200 and b'"phase":"succeeded"' not in answer:
                raise SystemExit(f"a run did not succeed: {answer[:600]!r}")

    threads = [threading.Thread(target=work) for _ in range(count)]
    began = time.monotonic()
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return total / (time.monotonic() - began), statuses


def bare_once(python, script):
    pid = os.posix_spawn(python, [python, script], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    os.waitpid(pid, 0)


def bare_rate(python, script, total, workers):
    left, lock = [total], threading.Lock()

    def work():
        while True:
            with lock:
                if left[0] <= 0:
                    return
                left[0] -= 1
            bare_once(python, script)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    began = time.monotonic()
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return total / (time.monotonic() - began)


def timed(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def spread(values, digits=2):
    return f"{min(values):.{digits}f} / {statistics.median(values):.{digits}f} / {max(values):.{digits}f}"


class Table:
    def __init__(self):
        self.rows, self.raw = [], {}

    def add(self, work, reach, reached, met, **raw):
        self.rows.append((work, reach, reached, "yes" if met else "NO"))
        self.raw[work] = raw
        print(f"  {work}: {reached} (reach {reach}) {'met' if met else 'MISSED'}", flush=True)

    def show(self):
        header = ("work", "reach", "min / median / max", "met")
        widths = [max(len(row[i]) for row in self.rows + [header]) for i in range(4)]
        print()
        for row in [header] + self.rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def throughput(table, warm, cold, python, script, rounds):
    ratios = {"warm": [], "cold": []}
    for kind, server in (("warm", warm), ("cold", cold)):
        clients(server, "trivial", 40, 4)
        for _ in range(rounds):
            bare = bare_rate(python, script, 200, 4)
            ours, _ = clients(server, "trivial", 200, 4)
            ratios[kind].append(ours / bare)
    table.add("200 trivial runs, 4 clients, warm", ">= 2 x bare", spread(ratios["warm"]), statistics.median(ratios["warm"]) >= 2, ratios=ratios["warm"])
    table.add("200 trivial runs, 4 clients, cold", ">= 0.8 x bare", spread(ratios["cold"]), statistics.median(ratios["cold"]) >= 0.8, ratios=ratios["cold"])


def latency(table, warm, cold, python, script, rounds):
    body = run_body("trivial")
    for kind, server in (("warm", warm), ("cold", cold)):
        differences, bares, ours = [], [], []
        connection = Connection(server.port, server.token)
        for _ in range(rounds):
            bare = [timed(lambda: bare_once(python, script)) for _ in range(20)]
            mine = [timed(lambda: connection.request("POST", "/api/v1/runs?wait=60", body)) for _ in range(20)]
            bares.append(statistics.median(bare) * 1e3)
            ours.append(statistics.median(mine) * 1e3)
            differences.append(ours[-1] - bares[-1])
        allowed = 0 if kind == "warm" else 8
        text = f"{spread(differences, 1)} ms more (bare p50 {statistics.median(bares):.1f} ms)"
        table.add(f"one run on an idle server, {kind}", "p50 <= bare" + (" + 8 ms" if allowed else ""), text, statistics.median(differences) <= allowed, bare=bares, ours=ours)


def http_requests(table, binary, program, rounds):
    """An HTTP capability beside a bare loop of the same requests, by a program of its own."""
    server = Appliance(binary).set_up()
    try:
        url = f"http://127.0.0.1:{server.port}"
        made = subprocess.run([program, url, "2000", str(rounds)], input=server.token, capture_output=True, text=True, check=True)
    finally:
        server.stop()
    found = json.loads(made.stdout)["rounds"]
    ratios = [one["governed_rate"] / one["bare_rate"] for one in found]
    more = [one["governed_p50_ms"] - one["bare_p50_ms"] for one in found]
    rate = statistics.median(one["governed_rate"] for one in found)
    bare = statistics.median(one["bare_rate"] for one in found)
    text = f"{spread(ratios)} ({rate:.0f} of {bare:.0f} a second)"
    table.add("HTTP capability, 16 clients", ">= 0.35 x bare", text, statistics.median(ratios) >= 0.35, rounds=found)
    table.add("one HTTP request on an idle server", "p50 <= bare + 3 ms", f"{spread(more, 1)} ms more", statistics.median(more) <= 3, rounds=found)


def decisions(table, program):
    """One decision with its explanation, the account and its grants read from the ledger each time."""
    made = subprocess.run([program, "5000", "10000", "200", "20000"], capture_output=True, text=True, check=True)
    found = json.loads(made.stdout)
    text = f"p50 {found['p50_us']:.0f}, p99 {found['p99_us']:.0f} us"
    table.add("decision and why: 200 policies, 10,000 grants, 5,000 users", "p99 <= 200 us", text, found["p99_us"] <= 200, **found)


def million_lines(table, server, python, script, rounds):
    ratios, growth = [], []
    body = run_body("lines")
    for _ in range(rounds):
        def pipe():
            reader = subprocess.Popen([python, script], stdout=subprocess.PIPE, bufsize=0)
            while os.read(reader.stdout.fileno(), 1 << 16):
                pass
            reader.wait()

        bare = timed(pipe)
        before, peak, over = server.rss_kib(), [0], threading.Event()

        def watch():
            while not over.is_set():
                peak[0] = max(peak[0], server.rss_kib())
                time.sleep(0.01)

        watcher = threading.Thread(target=watch)
        watcher.start()
        connection = Connection(server.port, server.token)
        began = time.monotonic()
        status, _, answer = connection.request("POST", "/api/v1/runs?wait=60", body)
        ratios.append((time.monotonic() - began) / bare)
        over.set()
        watcher.join()
        run = json.loads(answer)
        assert run["phase"] == "succeeded" and run["log"]["lines"] == 1_000_000, (status, run["phase"], run["log"])
        growth.append((peak[0] - before) / 1024)
    table.add("1,000,000 lines of output", "<= 1.3 x bare pipe", spread(ratios), statistics.median(ratios) <= 1.3, ratios=ratios)
    table.add("  server memory growth", "<= 16 MiB", spread(growth, 1) + " MiB", max(growth) <= 16, growth=growth)


def idle(table, binary):
    starts, sizes, loads = [], [], []
    for _ in range(5):
        server = Appliance(binary, EXECGOV_RUN_ZYGOTES="0")
        starts.append(server.start_s)
        time.sleep(2)
        sizes.append(server.pss_kib() / 1024)
        before, began = server.cpu_s(), time.monotonic()
        time.sleep(4)
        loads.append(100 * (server.cpu_s() - before) / (time.monotonic() - began))
        server.stop()
    table.add("idle server, PSS of all its processes", "<= 24 MiB", spread(sizes, 1) + " MiB", statistics.median(sizes) <= 24, pss=sizes)
    table.add("idle server, processor", "<= 0.1 % of a core", spread(loads, 3) + " %", statistics.median(loads) <= 0.1, cpu=loads)
    table.add("start to ready", "<= 0.2 s", spread(starts, 3) + " s", statistics.median(starts) <= 0.2, start=starts)


def disk(table, binary, runs):
    server = Appliance(binary).set_up()
    server.register("hundred", HUNDRED)
    clients(server, "hundred", 20, 4)
    before = sum(file.stat().st_blocks * 512 for file in server.data.rglob("*") if file.is_file())
    clients(server, "hundred", runs, 4)
    server.process.terminate()
    server.process.wait(60)
    after = sum(file.stat().st_blocks * 512 for file in server.data.rglob("*") if file.is_file())
    each = (after - before) / runs
    table.add(f"disk a run after {runs} runs", "<= 3000 bytes", f"{each:.0f} bytes", each <= 3000, bytes=each)
    server.stop()


def overload(table, server, rounds):
    ratios, bad = [], 0
    for _ in range(rounds):
        few, _ = clients(server, "trivial", 200, 4)
        many, statuses = clients(server, "trivial", 400, 64)
        ratios.append(many / few)
        bad += sum(count for status, count in statuses.items() if status >= 500 and status != 503)
    table.add("overload: 64 clients", "rate >= 0.9 of 4 clients", spread(ratios), statistics.median(ratios) >= 0.9, ratios=ratios)
    table.add("  5xx other than 503", "0", str(bad), bad == 0)


def seed(binary, place, runs):
    """Two data directories, kept for the next time: `few` with a handful of runs, `many` with a million more."""
    few, many = place / "few", place / "many"
    if not (place / "done").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        server = Appliance(binary, data=few).set_up()
        server.register("seeded", TRIVIAL)
        clients(server, "seeded", 20, 4)
        server.stop()
        shutil.copytree(few, many)
        subprocess.run([str(pathlib.Path(binary).parent / "examples/seed"), many, str(runs)], check=True, stdout=subprocess.DEVNULL)
        (place / "done").touch()
    return few, many


def big_list(table, binary, few, many):
    """Pages of the newest runs with a million stored, beside the same pages of an almost empty store."""
    queries = ["?limit=50", "?limit=50&phase=failed", "?limit=50&capability=seeded", "?limit=50&capability=seeded&phase=succeeded,failed"]

    def times(server, connection):
        return [timed(lambda: connection.request("GET", "/api/v1/runs" + queries[n % len(queries)])) for n in range(200)]

    def p99(values):
        return sorted(values)[int(len(values) * 0.99) - 1] * 1e3

    few, many = Appliance(binary, data=few).sign_in(), Appliance(binary, data=many).sign_in()
    connections = [Connection(server.port, server.token) for server in (few, many)]
    for connection in connections:
        for query in queries:
            status, _, answer = connection.request("GET", "/api/v1/runs" + query)
            assert status == 200 and (connection is connections[0] or len(json.loads(answer)["items"]) == 50), answer[:400]
    ratios, values = [], []
    for _ in range(5):
        small, large = [], []
        for _ in range(2):
            small += times(few, connections[0])
            large += times(many, connections[1])
        ratios.append(p99(large) / p99(small))
        values.append(p99(large))
    reached = f"{spread(ratios)} (p99 {statistics.median(values):.1f} ms)"
    table.add("50 newest of 1,000,000 runs, filtered", "p99 <= 3 x the empty store's", reached, statistics.median(ratios) <= 3, ratios=ratios, p99_ms=values)
    few.stop()
    many.stop()


def explorer(table, binary, many):
    """Pages of the audit log with a million entries, by every filter, over kept-alive HTTP."""
    server = Appliance(binary, data=many).sign_in()
    connection = Connection(server.port, server.token)

    def page(query):
        status, _, answer = connection.request("GET", "/api/v1/audit/events?limit=50&" + query)
        assert status == 200, answer[:400]
        return json.loads(answer)

    newest = page("action=run.finish")["items"][0]
    run = newest["subject"]["id"]
    middle = page("action=run.finish&to=" + newest["at"])["items"][-1]["at"]
    queries = {
        "newest": "",
        "who": "actor=person-7",
        "what": "action=run.finish",
        "what, a prefix": "action=user.",
        "outcome": "outcome=refused",
        "outcome, none": "outcome=failed&actor=person-7",
        "run": "run=" + run,
        "approval": "approval=apr_" + "0" * 31 + "7",
        "resource": "kind=run&subject=" + run,
        "who and what": "actor=person-7&outcome=refused&action=run.",
        "when": "to=" + middle,
        "when and who": "actor=person-7&to=" + middle + "&from=2020-01-01T00:00:00Z",
        "words that are nowhere": "q=nowhere+to+be+found",
    }
    worst, values = 0.0, {}
    for name, query in queries.items():
        page(query)
        times = sorted(timed(lambda query=query: page(query)) for _ in range(100))
        values[name] = times[98] * 1e3
        worst = max(worst, values[name])
    reached = ", ".join(f"{name} {value:.1f}" for name, value in sorted(values.items(), key=lambda pair: -pair[1])[:3])
    table.add("audit explorer, 1,000,000 events", "p99 <= 150 ms", f"{worst:.1f} ms ({reached})", worst <= 150, p99_ms=values)
    server.stop()


def inbox(table, binary, scratch):
    """The inbox of an approver with ten thousand open requests."""
    data = scratch / "inbox"
    server = Appliance(binary, data=data).set_up()
    server.register("waits", '# /// script\n# [tool.execgov]\n# risk = "critical"\n# ///\n\ndef main() -> int:\n    return 1\n')
    server.json("POST", "/api/v1/runs", {"capability": "waits"}, {"Authorization": f"Bearer {server.token}"})
    server.stop()
    subprocess.run([str(pathlib.Path(binary).parent / "examples/seed"), data, "10000", "requests"], check=True, stdout=subprocess.DEVNULL)
    server = Appliance(binary, data=data).sign_in()
    connection = Connection(server.port, server.token)
    status, _, answer = connection.request("GET", "/api/v1/approvals/counts")
    assert status == 200 and json.loads(answer)["to_decide"] == 10_001, answer
    for name, path in (("first page", "/api/v1/approvals?view=to_decide&limit=50"), ("counts", "/api/v1/approvals/counts")):
        status, _, answer = connection.request("GET", path)
        assert status == 200, answer[:400]
        times = sorted(timed(lambda: connection.request("GET", path)) * 1e3 for _ in range(300))
        p50, p99 = times[150], times[296]
        table.add(f"inbox of 10,000 open requests, {name}", "p99 <= 100 ms", f"{p99:.1f} ms (median {p50:.1f} ms)", p99 <= 100, ms=times)
    server.stop()


def verify(table, binary, many, scratch, rounds):
    export, key = scratch / "audit.tar", scratch / "audit.key"
    server = Appliance(binary, data=many).sign_in()
    env = dict(os.environ, EXECGOV_URL=f"http://127.0.0.1:{server.port}", EXECGOV_TOKEN=server.token)
    subprocess.run([binary, "audit", "export", export], check=True, env=env, stdout=subprocess.DEVNULL)
    key.write_bytes(subprocess.run([binary, "audit", "key"], check=True, env=env, stdout=subprocess.PIPE).stdout)
    server.stop()
    ratios = []
    for _ in range(rounds):
        bare = timed(lambda: subprocess.run(["sha256sum", export], check=True, stdout=subprocess.DEVNULL))
        ours = timed(lambda: subprocess.run([binary, "audit", "verify", "--export", export, "--key", key], check=True, stdout=subprocess.DEVNULL))
        ratios.append(ours / bare)
    reached = f"{spread(ratios)} ({export.stat().st_size / 2**20:.0f} MiB)"
    table.add("audit verify, 1,000,000 events", "<= 3 x reading and hashing", reached, statistics.median(ratios) <= 3, ratios=ratios)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=str(ROOT / "target/release/execgov"))
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=10_000, help="runs for the disk figure")
    parser.add_argument("--seeded", type=pathlib.Path, default=ROOT / "target/bench", help="where the store of a million runs is made and kept")
    parser.add_argument("--seed-runs", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="*", help="throughput latency http access lines idle disk overload inbox list explorer verify vault")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    # It slows the bare interpreter alone, so it would flatter ours.
    os.environ.pop("PYTHONUNBUFFERED", None)
    wanted = lambda name: not options.only or name in options.only
    python = os.path.realpath(options.python)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="execgov-bench-"))
    (scratch / "trivial.py").write_text(TRIVIAL)
    (scratch / "lines.py").write_text(LINES)
    table = Table()
    print(f"python {python}, {os.cpu_count()} processors, {options.rounds} rounds", flush=True)
    if wanted("idle"):
        idle(table, options.binary)
    if wanted("http"):
        http_requests(table, options.binary, pathlib.Path(options.binary).parent / "examples/http_rate", options.rounds)
    if wanted("access"):
        decisions(table, pathlib.Path(options.binary).parent / "examples/access_rate")
    warm = Appliance(options.binary).set_up()
    cold = Appliance(options.binary, EXECGOV_RUN_START="cold").set_up()
    try:
        for server in (warm, cold):
            server.register("trivial", TRIVIAL)
        warm.register("lines", LINES)
        if wanted("throughput"):
            throughput(table, warm, cold, python, str(scratch / "trivial.py"), options.rounds)
        if wanted("latency"):
            latency(table, warm, cold, python, str(scratch / "trivial.py"), options.rounds)
        if wanted("lines"):
            million_lines(table, warm, python, str(scratch / "lines.py"), options.rounds)
        if wanted("overload"):
            overload(table, warm, options.rounds)
    finally:
        warm.stop()
        cold.stop()
    if wanted("vault"):
        vault_figures.measure(sys.modules[__name__], table, options.binary, options.rounds)
    if wanted("disk"):
        disk(table, options.binary, options.runs)
    if wanted("inbox"):
        inbox(table, options.binary, scratch)
    if wanted("list") or wanted("explorer") or wanted("verify"):
        few, many = seed(options.binary, options.seeded, options.seed_runs)
        if wanted("list"):
            big_list(table, options.binary, few, many)
        if wanted("explorer"):
            explorer(table, options.binary, many)
        if wanted("verify"):
            verify(table, options.binary, many, scratch, options.rounds)
    table.show()
    shutil.rmtree(scratch, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(table.raw, indent=1))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    main()
