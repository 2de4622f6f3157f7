#!/usr/bin/env python3
"""How long `unroll serve` takes for every page of a store of many points, and how much memory.

serve.py [--points 100000000] [--trials 1000] [--db FILE]

Makes the store (kept when --db names it, and used again), serves it, and asks for each page: the list of experiments, an
experiment with all of its trials in the curves, with a filter and by another metric, a trial, the state that a page asks
for twice a second, and a query. Beside the time that each takes stands that of a processor, which other programs take
nothing from. Goal: each in less than a second. UNROLL names the program.
"""
import argparse
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("UNROLL") or str(ROOT / "build" / "unroll")
MANIFEST = {"name": "many", "seed": 1, "about": "as many points as a page can be asked for",
            "dataset": {"plugin": "text", "path": "text.txt", "split": [0.8, 0.1, 0.1]},
            "cell": {"plugin": "rnn", "hidden": 4},
            "training": {"sequence_length": 4, "batch": 2, "steps": 2, "log_every": 1, "evaluate_every": 1},
            "sweep": {"cell.plugin": ["rnn"], "seed": [1]},
            "compare": {"metric": "validation/loss", "goal": "min", "by": ["cell.plugin"]}}
CELLS, RATES = ("rnn", "lstm", "gru", "attention"), (0.001, 0.002, 0.005, 0.01, 0.02)
RARE = 100  # validation has a point for so many of training


def make(file, trials, points):
    """One trial that the program has made, as many times as asked for, with curves of noise that falls."""
    folder = file.parent
    (folder / "text.txt").write_text("the sea was calm and grey. " * 200)
    (folder / "many.json").write_text(json.dumps(MANIFEST))
    subprocess.run([PROGRAM, "run", "many.json", "--quiet", "--db", str(file)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    store = sqlite3.connect(file, isolation_level=None)
    store.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; BEGIN; DELETE FROM point;")
    columns = [row[1] for row in store.execute("PRAGMA table_info(trial)") if row[1] not in ("id", "fingerprint", "cell", "learning_rate", "seed", "steps", "step")]
    listed = ", ".join(columns)
    (experiment,) = store.execute("SELECT id FROM experiment").fetchone()
    store.execute("DELETE FROM membership")
    each = points // trials
    train = each * RARE // (RARE + 1)
    series = dict(store.execute("SELECT split || '/' || name, id FROM series"))
    for number in range(trials):
        cell, rate, seed = CELLS[number % 4], RATES[number // 4 % 5], number // 20
        store.execute(f"INSERT INTO trial (id, fingerprint, cell, learning_rate, seed, steps, step, {listed})"
                      f" SELECT 1000 + ?1, printf('%064x', ?1), ?2, ?3, ?4, ?5, ?5, {listed} FROM trial WHERE id = 1",
                      (number, cell, rate, seed, train))
        axes = {"cell": {"plugin": cell}, "training": {"optimizer": {"learning_rate": rate}}, "seed": seed}
        store.execute("INSERT INTO membership VALUES (?, ?, ?, ?, 1, NULL)", (experiment, 1000 + number, number, json.dumps(axes)))
        for name, count, apart in sorted((("train/loss", train, 1), ("validation/loss", each - train, RARE)), key=lambda one: series[one[0]]):
            store.execute(
                "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ?3) INSERT INTO point SELECT ?1, ?2,"
                " i * ?4, i * ?4 * 0.001, 1.5 + 3.0 / (1 + i * 20.0 / ?3) + (random() % 1000) * 0.0001 FROM k",
                (1000 + number, series[name], count, apart))
    # Not executescript(), which commits what is open before it begins.
    for statement in ("COMMIT", "PRAGMA analysis_limit = 400", "ANALYZE", "PRAGMA journal_mode = WAL"):  # as a run does at its end
        store.execute(statement)
    store.close()


def memory(process):
    """The most that it has used, in MB."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1000
    return 0


def processor_seconds(process):
    """What it and the processes that its queries run in have used, those that have ended."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--points", type=int, default=10**8)
    words.add_argument("--trials", type=int, default=1000)
    words.add_argument("--db", type=pathlib.Path)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = asked.db.absolute() if asked.db else pathlib.Path(folder) / "many.db"
        if not file.exists():
            began = time.time()
            make(file, asked.trials, asked.points)
            print(f"made {file} ({file.stat().st_size / 1e9:.2f} GB) in {time.time() - began:.0f} s", flush=True)
        process = subprocess.Popen([PROGRAM, "serve", str(file), "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address = process.stdout.readline().strip()
        slowest = most = 0
        pages = {"experiments": "api/live?view=index",
                 "state": "api/live?view=experiment&name=many",
                 "experiment": "api/page?view=experiment&name=many",
                 "one cell": "api/page?view=experiment&name=many&where=cell.plugin%3Dgru",
                 "one rate": "api/page?view=experiment&name=many&where=training.optimizer.learning_rate%3D0.01",
                 "another metric": "api/page?view=experiment&name=many&metric=train/loss",
                 "trial": "api/page?view=trial&id=1007",
                 "query": "api/sql?" + urllib.parse.urlencode({"q": "SELECT cell, avg(value) FROM result JOIN point USING (trial_id)"
                                                                   " WHERE point.step = 100 AND series_id = 1 GROUP BY cell"})}
        for name, path in pages.items():
            began, before = time.perf_counter(), processor_seconds(process)
            with urllib.request.urlopen(address + path) as answer:
                size = len(answer.read())
            seconds, used = time.perf_counter() - began, processor_seconds(process) - before
            slowest, most = max(slowest, seconds), max(most, used)
            print(f"{name:16} {seconds * 1000:8.0f} ms {used * 1000:8.0f} ms of a processor {size / 1000:10.0f} kB", flush=True)
        print(f"slowest {slowest:.2f} s, {most:.2f} s of a processor; memory {memory(process):.0f} MB; load {os.getloadavg()[0]:.1f}"
              f"{'' if min(slowest, most) < 1 else '  MISSED: a second'}")
        process.terminate()
        sys.exit(process.wait())


main()
