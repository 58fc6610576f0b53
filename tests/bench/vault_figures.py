"""Figures of the vault: what a secret costs a run, how long an unseal takes, ten thousand secrets, masking of a large log."""

import json
import statistics
import threading
import time

PASSPHRASE = "seven quiet lamps at noon"
SECRETS = 10_000
ONE = '# /// script\n# [tool.execgov]\n# secrets = ["one"]\n# ///\nprint("hello")\n'
LINES = 'import sys\nfor n in range(1_000_000):\n    sys.stdout.write("line %d of the log\\n" % n)\n'


def declares(names, text):
    listed = ", ".join(f'"{name}"' for name in names)
    return f"# /// script\n# [tool.execgov]\n# secrets = [{listed}]\n# ///\n{text}"


def call(server, connection, method, path, body=None):
    payload = b"" if body is None else json.dumps(body).encode()
    status, _, answer = connection.request(method, path, payload)
    assert status < 300, (method, path, status, answer[:300])
    return json.loads(answer) if answer else None


def fill(bench, server):
    """Sets the secrets by sixteen clients, as fast as they are taken."""
    left, lock = list(range(SECRETS)), threading.Lock()

    def work():
        connection = bench.Connection(server.port, server.token)
        while True:
            with lock:
                if not left:
                    return
                n = left.pop()
            call(server, connection, "PUT", f"/api/v1/secrets/s{n:05}", {"value": f"the value of secret number {n}"})

    threads = [threading.Thread(target=work) for _ in range(16)]
    began = time.monotonic()
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return SECRETS / (time.monotonic() - began)


def rotation_ms(server, connection):
    """What the appliance itself says that moving all values took."""
    call(server, connection, "POST", "/api/v1/vault/rotate", {})
    while call(server, connection, "GET", "/api/v1/vault")["rotation"]:
        time.sleep(0.01)
    events = call(server, connection, "GET", "/api/v1/audit/events?action=vault.rotated&limit=1")["items"]
    return events[0]["details"]["took_ms"], events[0]["details"]["values"]


def measure(bench, table, binary, rounds):
    server = bench.Appliance(binary).set_up()
    try:
        connection = bench.Connection(server.port, server.token)
        call(server, connection, "POST", "/api/v1/vault/init", {"method": "passphrase", "passphrase": PASSPHRASE})
        use(bench, table, server, connection, rounds)
        masking(bench, table, server, connection, rounds)
        unseal(bench, table, server, connection, rounds)
        rate = fill(bench, server)
        print(f"  {SECRETS} secrets set, {rate:.0f} a second", flush=True)
        lists = [bench.timed(lambda: call(server, connection, "GET", "/api/v1/secrets?limit=200")) * 1e3 for _ in range(40)]
        table.add("10,000 secrets: a page of 200", "p50 <= 50 ms", bench.spread(lists, 1) + " ms", statistics.median(lists) <= 50, ms=lists)
        rates = []
        for _ in range(3):
            took, values = rotation_ms(server, connection)
            rates.append(values / max(took, 1) * 1e3)
        table.add("data-key rotation", ">= 5,000 secrets/s", bench.spread(rates, 0), statistics.median(rates) >= 5_000, rates=rates)
    finally:
        server.stop()


def use(bench, table, server, connection, rounds):
    call(server, connection, "PUT", "/api/v1/secrets/one", {"value": "the only value there is"})
    server.register("plain", 'print("hello")\n')
    server.register("one", ONE)
    call(server, connection, "POST", "/api/v1/secrets/one/grants", {"capability": "one"})
    more = []
    for name in ("plain", "one") * 20:
        connection.request("POST", "/api/v1/runs?wait=60", bench.run_body(name))
    for _ in range(rounds):
        times = {"plain": [], "one": []}
        for n in range(120):
            for name in ("plain", "one") if n % 2 else ("one", "plain"):
                times[name].append(bench.timed(lambda: connection.request("POST", "/api/v1/runs?wait=60", bench.run_body(name))))
        more.append((statistics.median(times["one"]) - statistics.median(times["plain"])) * 1e3)
    table.add("use of a secret in a run", "<= 1 ms more, p50", bench.spread(more) + " ms", statistics.median(more) <= 1, ms=more)


def unseal(bench, table, server, connection, rounds):
    times = []
    for _ in range(rounds):
        call(server, connection, "POST", "/api/v1/vault/seal", {})
        times.append(bench.timed(lambda: call(server, connection, "POST", "/api/v1/vault/unseal", {"passphrase": PASSPHRASE})))
    table.add("unseal with scrypt", "<= 2 s", bench.spread(times) + " s", statistics.median(times) <= 2, s=times)


def masking(bench, table, server, connection, rounds):
    names = [f"mask{n:02}" for n in range(50)]
    server.register("bare", LINES)
    server.register("masked", declares(names, LINES))
    for n, name in enumerate(names):
        call(server, connection, "PUT", f"/api/v1/secrets/{name}", {"value": f"Kx{n:02}-9f8e7d6c5b4a/{n * 7919:06}"})
        call(server, connection, "POST", f"/api/v1/secrets/{name}/grants", {"capability": "masked"})
    ratios = []
    for n in range(rounds + 1):
        times = {}
        for name in ("bare", "masked") if n % 2 else ("masked", "bare"):
            began = time.monotonic()
            _, _, answer = connection.request("POST", "/api/v1/runs?wait=60", bench.run_body(name))
            times[name] = time.monotonic() - began
            run = json.loads(answer)
            assert run["phase"] == "succeeded" and run["log"]["lines"] == 1_000_000, run
        if n:
            ratios.append(times["masked"] / times["bare"])
    table.add("1,000,000 lines with 50 secrets", "<= 1.05 x without", bench.spread(ratios, 3), statistics.median(ratios) <= 1.05, ratios=ratios)
