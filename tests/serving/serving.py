"""Serves a sweep that runs, to clients of every kind.

    serving.py [--kills N] [--long]

Pages follow within a second; what is not to be told is refused; clients that are slow, broken or killed cost nothing; and
the sweep's results are those of one that nobody looks at, bit for bit. --long also runs queries into their limits and
measures what serving costs. Exit code 0: all is so; 1: it is not.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import socket
import sys
import time
import traceback

from client import Server, harness, until

problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


def statuses(state):
    return state["state"]["statuses"]


def experiment(**more):
    return {"view": "experiment", "name": "soak", **more}


def check_refusals(server):
    """Nothing but GET, no other site, no other name, and nothing that writes."""
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
        check(server.request("/api/live?view=index", method)[0] == 405, f"{method} is answered")
    check(server.request("/api/live?view=index", "POST", body="a=1")[0] == 405, "a body is taken")
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", ""):
        check(server.request("/", Host=host)[0] == 421, f"the host {host!r} is answered")
    for host in ("localhost", f"localhost:{server.port}", "127.0.0.1:1", "[::1]:9"):
        check(server.request("/", Host=host)[0] == 200, f"the host {host!r} is refused")
    for site in ("cross-site", "same-site"):
        check(server.request("/api/sql?q=SELECT+1", Sec_Fetch_Site=site)[0] == 403, f"a page of {site} is told results")
    check(server.request("/api/sql?q=SELECT+1", Sec_Fetch_Site="same-origin")[0] == 200, "its own page is refused")
    status, headers, _ = server.request("/")
    check(status == 200 and headers["X-Content-Type-Options"] == "nosniff", "a type may be guessed")
    policy = headers["Content-Security-Policy"] or ""
    check("default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy, f"policy {policy}")
    check(not any(name.lower().startswith("access-control") for name in headers), "another site may read answers")
    for path in ("/nothing", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//evil.example/", "/page.css/", "/api/"):
        check(server.request(path)[0] == 404, f"{path} is there")
    check(server.request("/api/live?view=%zz")[0] == 400, "an escape that is none is taken")
    for name in ("db", "id"):
        for value in ("77", "-1", "x", "1 OR 1=1", "99999999999999999999"):
            check("error" in server.page(view="trial", **{"id": "1", "db": "0", name: value}), f"{name} = {value!r} is there")
    check("no experiment" in server.page(view="experiment", name="none")["error"]["found"], "an unknown experiment is there")
    check("error" in server.page(**experiment(where="seed=77")), "a condition that no trial meets gives a page")


def check_queries(server, file):
    """The box is that of `unroll sql`."""
    rows = server.sql("SELECT 1 AS a, 'x' AS b, NULL, 1e999, x'00ff'")
    check(rows["columns"][:2] == ["a", "b"] and rows["rows"] == [[1, "x", None, None, "X'00FF'"]], f"a row comes as {rows}")
    before = os.stat(file).st_mtime_ns, harness.contents(file)
    for query in ("DELETE FROM point", "INSERT INTO series (split, name) VALUES ('a', 'b')", "UPDATE trial SET seed = 7",
                  "DROP TABLE point", "PRAGMA journal_mode = DELETE", "ATTACH '/tmp/x' AS x", "VACUUM INTO '/tmp/x.db'",
                  "SELECT load_extension('x')", "SELECT 1; SELECT 2", "BEGIN", "CREATE TABLE x (y)", ""):
        check("error" in server.sql(query), f"{query} is run")
    check(before[1] == harness.contents(file), "a query has changed the store")
    cut = server.sql("WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k LIMIT 5000) SELECT i FROM k")
    check(len(cut["rows"]) == 1000 and cut["is_cut"], "more than 1,000 rows come")
    check("error" in server.sql("WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k LIMIT 900)"
                                " SELECT printf('%20000d', i) FROM k"), "a result has no bound")
    check(server.request("/api/sql?q=" + "x" * 70000)[0] == 431, "an address has no bound")


def check_limits(server):
    """A query that would never end, and one that would take all memory, end; meanwhile pages are answered."""
    began = time.monotonic()
    with contextlib.closing(server.connect()) as other:
        query = "SELECT+count(*)+FROM+point+a,point+b,point+c"
        other.sendall(f"GET /api/sql?q={query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(0.5)
        asked = time.monotonic()
        server.live(**experiment())
        check(time.monotonic() - asked < 1, "a page waits for a query")
        answer = other.recv(65536).decode()
        check("timed out after 10 seconds" in answer, f"an endless query gives {answer}")
        check(9 < time.monotonic() - began < 16, "and not in its time")
    eats = server.sql("SELECT length(group_concat(text, printf('%9000000s', 'x'))) FROM sample a, sample b")
    check("error" in eats, f"a query takes all memory: {eats}")


def check_token(place):
    """Where others may ask, nothing is told without the token."""
    with Server(place.path, "soak.db", "--token") as server:
        check(len(server.token or "") == 32, f"the address {server.address} has no token")
        for path in ("/", "/page.css", "/api/live?view=index", "/?token=", "/?token=" + "0" * 32, "/?token=" + server.token[:-1]):
            check(server.request(path)[0] == 403, f"{path} is told without the token")
        status, headers, _ = server.request(f"/experiment?name=a%26b&token={server.token}&db=0")
        check(status == 303 and headers["Location"] == "/experiment?name=a%26b&db=0", f"the token leads to {headers['Location']}")
        cookie = headers["Set-Cookie"] or ""
        check("HttpOnly" in cookie and "SameSite=Lax" in cookie, f"the cookie is {cookie}")
        check(server.request(f"//evil.example/?token={server.token}")[1]["Location"] == "/", "a token leads elsewhere")
        shown = cookie.split(";")[0]
        check(server.request("/api/live?view=index", Cookie="a=b; " + shown)[0] == 200, "the cookie is not taken")
        check(server.request("/api/live?view=index", Cookie=shown[:-1])[0] == 403, "a part of the cookie is taken")
        check(server.request("/", Host="somewhere.example", Cookie=shown)[0] == 200, "with the token, a name is refused")
    with Server(place.path, "soak.db", "--host", "0.0.0.0") as server:
        check(server.token, "who is reached from elsewhere asks for no token")


def check_slow_clients(server):
    """Clients that say half of something, and nothing more; that ask and do not read; that speak another language."""
    with contextlib.ExitStack() as clients:
        for number in range(150):
            client = clients.enter_context(contextlib.closing(server.connect()))
            client.sendall([b"GET / HT", b"", b"GET /library.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40][number % 3])
        waits = []
        while len(waits) < 5 and min(waits, default=9) >= 1:
            asked = time.monotonic()
            server.live(view="index")
            waits.append(time.monotonic() - asked)
        check(min(waits) < 1, f"with slow clients, another one waits for {min(waits):.1f} s")
    for nonsense in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 999,
                     b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"y" * 100000):
        with contextlib.closing(server.connect()) as client:
            with contextlib.suppress(OSError):
                client.sendall(nonsense)
                check(not client.recv(65536).startswith(b"HTTP/1.1 200"), f"{nonsense[:20]} is answered")
    check(server.request("/")[0] == 200, "after nonsense, nothing is answered")


def be_killed(server, draw):
    """Asks for something, and is gone before, or while, it comes."""
    paths = ["/", "/library.js", "/api/live?view=index", "/api/live?view=experiment&name=soak", "/api/page?view=experiment&name=soak",
             "/api/page?view=trial&id=1", "/api/sql?q=SELECT+*+FROM+point"]
    with contextlib.closing(server.connect()) as client:
        whole = f"GET {draw.choice(paths)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        client.sendall(whole[: draw.randrange(1, len(whole))] if draw.random() < 0.3 else whole)
        if draw.random() < 0.5:
            client.recv(draw.choice([1, 100, 10000]))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # as a process that is killed: RST


def watch_sweep(place, kills, costs):
    """A page looks at a sweep from before its store is made until it has ended, among clients that are killed."""
    draw = random.Random(1)
    with Server(place.path, "soak.db") as server:
        check(server.live(view="index")["state"]["databases"][0]["is_there"] is False, "a store is there before it is made")
        check("does not exist yet" in server.live(**experiment())["error"]["found"], "a page of nothing")
        began = time.monotonic()
        sweep = place.start("run", "sweep.json", "--jobs", "1", "--quiet")
        until(lambda: "error" not in server.live(**experiment()), 60, "the experiment is shown")
        mark, made, seen, pages = "", "", [], 0
        while sweep.poll() is None:
            live = server.live(**experiment(have=mark, made=made))
            if "error" in live:
                check(False, f"while it runs: {live['error']}")
                break
            seen.append((statuses(live), [trial["step"] for trial in live["state"]["running"]]))
            if live["is_due"]:
                page = server.page(**experiment())
                mark, made, pages = page["mark"], page["revision"], pages + 1
            for _ in range(min(kills, 2)):
                be_killed(server, draw)
                kills -= 1
            time.sleep(0.1)
        elapsed, spent = time.monotonic() - began, server.processor_seconds()
        check(sweep.returncode == 0, f"the sweep ends with {sweep.returncode}")
        while kills > 0:
            be_killed(server, draw)
            kills -= 1
        check(len({json.dumps(one) for one in seen}) > 3, f"the state moves little: {seen[:5]}")
        check(any(steps for _, steps in seen), "no trial is seen running")
        until(lambda: statuses(server.live(**experiment())) == {"finished": 12}, 2, "all trials have finished")
        print(f"a sweep of {elapsed:.1f} s: looked at {len(seen)} times, {pages} pages; serving took {spent:.2f} s of a processor,"
              f" {100 * spent / elapsed / os.cpu_count():.2f}% of {os.cpu_count()}")
        if costs:
            check(spent / elapsed / os.cpu_count() < 0.01, "serving costs 1% or more")


def check_following(place, server):
    """A row that is written is told within a second, on the page of the experiment and on the trial's own."""
    def write(sql):
        with contextlib.closing(sqlite3.connect(place.path / "soak.db", timeout=30)) as store:
            store.execute(sql)
            store.commit()

    (trial,) = server.sql("SELECT min(trial_id) FROM result")["rows"][0]
    write(f"UPDATE trial SET status = 'running' WHERE id = {trial}")
    until(lambda: statuses(server.live(**experiment())).get("running") == 1, 2, "the change of status")
    for view in (experiment(), {"view": "trial", "id": trial}):
        waits = []
        while len(waits) < 5 and min(waits, default=9) >= 1:  # a busy machine is no fault of the server's
            time.sleep(0.5)
            page = server.page(**view)
            write(f"INSERT INTO point SELECT {trial}, series_id, max(step) + 7, 1, 1 FROM point WHERE trial_id = {trial}"
                  " GROUP BY series_id")
            waits.append(until(lambda: server.live(have=page["mark"], made=page["revision"], **view)["mark"] != page["mark"],
                               10, "a new row"))
        until(lambda: server.live(have=page["mark"], made=page["revision"], **view)["is_due"], 60, "a page that is due")
        again = server.page(**view)
        check(again["mark"] != page["mark"], "the page is that of before")
        print(f"a row is told on the page of the {view['view']} after {min(waits) * 1000:.0f} ms")
        check(min(waits) < 1, f"a row is told after {min(waits):.2f} s")
    write(f"UPDATE trial SET status = 'finished' WHERE id = {trial}")


def check_replacing(place, server):
    """Another file in its place is looked at; one that is no store is told of; and it comes back."""
    store, away = place.path / "soak.db", place.path / "away.db"
    with contextlib.closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    server.live(view="index")
    shutil.copy(store, away)
    with contextlib.closing(sqlite3.connect(away)) as connection:
        connection.execute("UPDATE experiment SET about = 'another one'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def about():
        (database,) = server.live(view="index")["state"]["databases"]
        return database.get("problem") or [one["about"] for one in database.get("experiments", [])]

    os.replace(away, store)
    until(lambda: about() == ["another one"], 2, "the other file")
    os.replace(store, away)
    until(lambda: about() == [], 2, "no file")
    (place.path / "soak.db").write_text("no database, but long enough to be one\n" * 100)
    until(lambda: "not a database" in str(about()), 2, "a file that is none")
    os.replace(away, store)
    until(lambda: about() == ["another one"], 2, "the file again")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=20)
    words.add_argument("--long", action="store_true")
    asked = words.parse_args()
    with harness.Workplace(harness.manifest()) as place:
        wanted = harness.uninterrupted(place)
        watch_sweep(place, asked.kills, asked.long)
        check(not (unlike := harness.difference(harness.contents(place.path / "soak.db"), wanted)), f"looked at, it differs:\n{unlike}")
        server = Server(place.path, "soak.db")
        with server:
            check_refusals(server)
            check_queries(server, place.path / "soak.db")
            if asked.long:
                check_limits(server)
            check_slow_clients(server)
            check_following(place, server)
            check_replacing(place, server)
            server.live(view="index")
            check(server.end(signal.SIGINT) == 0, "Ctrl-C is no orderly end")
        check_token(place)
    print("\n".join(problems) or "all is as promised")
    return 1 if problems else 0


try:
    sys.exit(main())
except Exception:
    traceback.print_exc()
    print("\n".join(problems))
    sys.exit(1)
