"""Kills runs of a sweep of every cell at random moments, in every way a run is known to end, until it is complete, and
compares.

    kills.py [--kills N] [--seed N]

After the last resume, every table must equal that of a run that nothing disturbed: losses, texts, gradients,
checkpoints and summaries, bit for bit. Exit code 0: they do; 1: they do not, and the workplace stays. SIGTERM ends it
after the sweep it is at, with the figures so far.
"""

import argparse
import collections
import contextlib
import os
import pty
import random
import select
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import harness

PATIENCE = 600  # seconds; a run ends within its step, but this machine may be busy with others
WAYS = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "closed pipe", "closed terminal"]


class Piped:
    """A run whose output goes to us: through a pipe, or a terminal. Closing it is one of the ways to end it."""

    def __init__(self, place, terminal, words):
        self.reader, writer = pty.openpty() if terminal else os.pipe()
        # In a session of its own, whose terminal this is: closing it is what closing a window is.
        attach = "import fcntl, os, sys, termios; fcntl.ioctl(1, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
        command = place.command(*words)
        if terminal:
            command = [sys.executable, "-c", attach, *command]
        self.process = subprocess.Popen(command, cwd=place.path, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer,
                                        start_new_session=True)
        os.close(writer)
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.drain)
        self.thread.start()

    def drain(self):
        while not self.closing.is_set():
            if select.select([self.reader], [], [], 0.02)[0]:
                try:
                    if not os.read(self.reader, 65536):
                        break
                except OSError:
                    break

    def close(self):
        self.closing.set()
        self.thread.join()
        if self.reader is not None:
            os.close(self.reader)
            self.reader = None


def running(database):
    """Whether the store says that a trial is running: the kill met one."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
            return connection.execute("SELECT count(*) FROM trial WHERE status = 'running'").fetchone()[0] > 0
    except sqlite3.Error:
        return False


def kill_once(place, way, delay, jobs):
    """Starts the run and ends it after `delay` seconds. Whether that met a running trial, and whether it was alive."""
    run = Piped(place, way == "closed terminal", ["run", "sweep.json", "--jobs", str(jobs)])
    try:
        run.process.wait(delay)
        return False, False  # it was faster
    except subprocess.TimeoutExpired:
        pass
    met = running(place.path / "soak.db")
    if way.startswith("SIG"):
        run.process.send_signal(getattr(signal, way))
    else:
        run.close()
    if way == "closed pipe":  # nobody reads on: the run itself may go on, and is ended as by a second try
        try:
            run.process.wait(0.3)
        except subprocess.TimeoutExpired:
            run.process.send_signal(signal.SIGKILL)
    try:
        run.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        run.process.kill()
        sys.exit(f"kills: a run did not end within {PATIENCE} s of {way}; workplace: {place.path}")
    run.close()
    return met, True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=1000, metavar="N", help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the moments (default: 1)")
    wanted = parser.parse_args()
    moments = random.Random(wanted.seed)
    killed, met, sweeps = collections.Counter(), collections.Counter(), 0
    began = time.monotonic()
    with harness.Workplace(harness.with_every_cell(harness.manifest())) as place:
        reference = harness.uninterrupted(place)
        whole = time.monotonic() - began  # so that kills meet trials on a slow machine, too
        ended = []
        signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
        while sum(killed.values()) < wanted.kills and not ended:
            harness.shutil.rmtree(place.path / "soak.db.d", ignore_errors=True)
            for file in place.path.glob("soak.db*"):
                file.unlink()
            # Until so many kills or, whatever comes first, the sweep is complete; then the next sweep.
            for _ in range(min(40, wanted.kills - sum(killed.values()))):
                if ended:
                    break
                way = moments.choice(WAYS)
                hit, alive = kill_once(place, way, moments.uniform(0.02, 0.25) * whole, moments.choice([1, 2]))
                killed[way] += alive
                met[way] += hit
                if not alive:
                    break
            code, text = place.run("run", "sweep.json", "--quiet")
            # Before we read: a reader without the right to write leaves an empty WAL.
            left = sorted(f.name for f in place.path.glob("soak.db*") if f.name not in ("soak.db", "soak.db.d"))
            problem = f"exit code {code}\n{text}" if code else harness.difference(
                harness.contents(place.path / "soak.db"), reference)
            if left and not problem:
                problem = f"left behind: {', '.join(left)}"
            sweeps += 1
            if problem:
                kept = place.path.with_name(place.path.name + "-kept")
                harness.shutil.copytree(place.path, kept)
                print(f"kills: after {sum(killed.values())} kills (seed {wanted.seed}), in {kept}:\n{problem}")
                return 1
    total, hits = sum(killed.values()), sum(met.values())
    print(f"{total} kills in {sweeps} sweeps, {hits} of them met a running trial, {time.monotonic() - began:.0f} s; "
          "every table equals that of a run that nothing disturbed")
    for way in WAYS:
        print(f"  {way:16} {killed[way]:5}, of which {met[way]} met a running trial")
    return 0


if __name__ == "__main__":
    sys.exit(main())
