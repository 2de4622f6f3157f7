"""Checks in which order a run writes: what gets its name for good was synced before, and its folder after.

    durability.py LIBRARY

LIBRARY is the preloaded library of fault.c. A power loss keeps what was synced: so a checkpoint must be synced before
it is renamed and its folder before the store tells of it, and the store must sync at every commit. Exit code 0 or 1.
"""

import os
import sys

import harness


def main():
    library = os.path.abspath(sys.argv[1])
    with harness.Workplace(harness.manifest()) as place:
        log = place.path / "log"
        code, text = place.run("run", "sweep.json", "--jobs", "1", "--quiet", "--set", "training.steps=60", "--set",
                               "sweep.seed=[1]", "--set", "expect={}",
                               env={**os.environ, "LD_PRELOAD": library, "UNROLL_FAULT_LOG": str(log)})
        if code != 0:
            sys.exit(f"durability: the run ends with {code}\n{text}")
        problems, synced, renamed = [], {}, 0
        waiting = set()  # folders with a new name that are not synced yet
        for number, line in enumerate(log.read_text().splitlines(), 1):
            what, path = line.split(" ", 1)
            if what == "fsync":
                synced[path] = True
                waiting.discard(path)
            elif what == "write":
                synced[path] = False
                if path.endswith((".db", ".db-wal")) and waiting:
                    problems.append(f"line {number}: the store is written while {waiting} is not synced")
                    waiting.clear()
            elif path.endswith(".safetensors"):
                renamed += 1
                if not synced.get(path + ".partial"):
                    problems.append(f"line {number}: {path} gets its name before it is synced")
                waiting.add(os.path.dirname(path))
        syncs = sum(line.startswith("fsync ") and line.endswith("-wal") for line in log.read_text().splitlines())
        if renamed == 0 or syncs == 0:
            problems.append(f"{renamed} checkpoints and {syncs} syncs of the store's log were seen, expected some")
        for problem in problems[:10]:
            print(f"durability: {problem}")
        if not problems:
            print(f"{renamed} checkpoints, each synced before it got its name; {syncs} syncs of the store's log")
        return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
