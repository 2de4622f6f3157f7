"""What the long tests share: a workplace with a text and a manifest, the program, and what two stores have in common."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# What may differ between a run that was cut off and one that was not: numbers of rows, moments, machines, speed.
DIFFERS = {"id", "created_at", "updated_at", "started_at", "ended_at", "heartbeat_at", "seconds", "tokens_per_second",
           "host", "pid", "jobs", "experiment_id", "plugin_id", "series_id", "judge_id", "trial_id", "manifest_path"}
# Rows about how it went, not about what came out.
LEFT_OUT = {"attempt", "sqlite_stat1", "sqlite_sequence"}


def program():
    """The program under test: UNROLL, or that of the build folder."""
    path = os.environ.get("UNROLL") or os.path.join(os.environ.get("UNROLL_BUILD", ROOT / "build"), "unroll")
    if not os.access(path, os.X_OK):
        sys.exit(f"soak: no program at {path}\n  expected: a build\n  help: run scripts/build, or name it in UNROLL")
    return os.path.abspath(path)


def manifest():
    """The manifest of sweep.json."""
    return json.loads(re.sub(r"^\s*//.*$", "", (HERE / "sweep.json").read_text(), flags=re.MULTILINE))


def with_every_cell(wanted):
    """The manifest with a short trial of each cell that the program's plugins offer and it does not name, in each of
    the cell's presets."""
    systems = wanted["sweep"]["system"]
    named = {system.get("cell.plugin", wanted["cell"]["plugin"]) for system in systems.values()}
    found = subprocess.run([program(), "plugins", "--format", "json"], check=True, stdout=subprocess.PIPE).stdout
    for plugin in json.loads(found)["found"]:
        if plugin["kind"] != "cell" or plugin["name"] in named:
            continue
        presets = [option["choices"] for option in plugin["options"] if option["name"] == "preset"]
        for preset in presets[0] if presets else [None]:
            system = {"cell.plugin": plugin["name"], "training.steps": 40, "training.evaluate_every": 20,
                      "training.checkpoint_every": 10, **({"cell.preset": preset} if preset else {})}
            systems[f"{plugin['name']} {preset}" if preset else plugin["name"]] = system
    return wanted


def with_systems(wanted, names):
    """The manifest with these of its systems only."""
    systems = wanted["sweep"]["system"]
    wanted["sweep"]["system"] = {name: systems[name] for name in names}
    return wanted


class Workplace:
    """A folder of its own with text.txt and sweep.json; removed at the end."""

    def __init__(self, wanted):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="unroll-soak-"))
        (self.path / "sweep.json").write_text(json.dumps(wanted, indent=2))
        words = "the sea was calm and grey boat lay on sand near men with nets hand wind from 船 一".split()
        state, text = 1, []
        for number in range(1500):
            state = (state * 1664525 + 1013904223) % 2**32
            text.append(words[(state >> 16) % len(words)] + (".\n" if number % 9 == 8 else " "))
        (self.path / "text.txt").write_text("".join(text), encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def command(self, *words, db="soak.db"):
        return [program(), *words, "--db", str(self.path / db)]

    def start(self, *words, db="soak.db", **how):
        how.setdefault("stdout", subprocess.DEVNULL)
        how.setdefault("stderr", subprocess.DEVNULL)
        return subprocess.Popen(self.command(*words, db=db), cwd=self.path, stdin=subprocess.DEVNULL, **how)

    def run(self, *words, db="soak.db", **how):
        """The exit code and all that was printed."""
        done = subprocess.run(self.command(*words, db=db), cwd=self.path, stdin=subprocess.DEVNULL, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how)
        return done.returncode, done.stdout


def checkpoint_row(row, database):
    """The file by its name and, but for the training time that it tells, by what is in it."""
    file = pathlib.Path(database).parent / row["path"]
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != row["sha256"]:
        row["sha256"] = "not that of its file"
    else:
        (size,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + size])
        del header["__metadata__"]["seconds"]
        rest = json.dumps(header, sort_keys=True).encode() + content[8 + size :]
        row["sha256"] = hashlib.sha256(rest).hexdigest()
    row["path"] = file.name
    return list(row.values())


def contents(database):
    """Every table of a store as sorted rows, without what may differ; trials are named by their fingerprints."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    names = {"trial_id": dict(connection.execute("SELECT id, fingerprint FROM trial")),
             "series_id": dict(connection.execute("SELECT id, split || '/' || name FROM series")),
             "plugin_id": dict(connection.execute("SELECT id, kind || '/' || name FROM plugin")),
             "experiment_id": dict(connection.execute("SELECT id, name FROM experiment"))}
    result = {}
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table in LEFT_OUT or table.startswith("sqlite_"):
            continue
        cursor = connection.execute(f'SELECT * FROM "{table}"')
        columns = [column[0] for column in cursor.description]
        rows = []
        for row in cursor:
            if table == "point" and names["series_id"][row[columns.index("series_id")]].endswith("tokens_per_second"):
                continue
            if table == "checkpoint":
                row = checkpoint_row(dict(zip(columns, row)), database)
            named = [(column, names[column].get(value)) if column in names else (column, value)
                     for column, value in zip(columns, row) if column in names or column not in DIFFERS]
            rows.append(repr(named))
        result[table] = sorted(rows)
    connection.close()
    return result


def difference(found, wanted):
    """The first rows that are in one of two contents only, in words; "" when they are equal."""
    lines = []
    for table in sorted(set(found) | set(wanted)):
        here, there = set(found.get(table, [])), set(wanted.get(table, []))
        if found.get(table) == wanted.get(table):
            continue
        lines.append(f"table {table}: {len(found.get(table, []))} rows, expected {len(wanted.get(table, []))}")
        lines += [f"  only here:  {row[:600]}" for row in sorted(here - there)[:2]]
        lines += [f"  only there: {row[:600]}" for row in sorted(there - here)[:2]]
    return "\n".join(lines)


def uninterrupted(place):
    """The contents of the store of a run that nothing disturbs; the program's word that the claim holds is checked."""
    code, text = place.run("run", "sweep.json", "--jobs", "2", "--quiet", db="reference.db")
    if code != 0:
        sys.exit(f"soak: a run that nothing disturbs ends with {code}\n{text}")
    return contents(place.path / "reference.db")
