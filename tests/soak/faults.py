"""Lets the Nth call that changes a file fail, for every N of a short run, and compares what the next run completes.

    faults.py LIBRARY [--every K] [--kinds ENOSPC,EIO,short,full] [--skip N]

LIBRARY is the preloaded library of fault.c. After each fault the same command is run again, undisturbed; then every
table must equal that of a run that nothing disturbed. A run that a fault hits may end with any exit code, but by no
signal. Exit code 0: all did; 1: one did not, and the workplace stays. SIGTERM ends it after the fault it is at, with
the figures so far.
"""

import argparse
import os
import random
import signal
import sys
import time

import harness

# So short that every call can be tried: an early stop, dropout, streams, texts and gradients on the way, best, last and
# older checkpoints, and a verdict are in it.
SYSTEMS = ["lstm", "gru"]
SHORT = ["--set", "training.steps=40", "--set", "training.evaluate_every=20", "--set", "training.checkpoint_every=10",
         "--set", "sampling.every=20", "--set", "sweep.seed=[1]", "--as", "soak"]


def environment(library, **fault):
    return {**os.environ, "LD_PRELOAD": library, **{f"UNROLL_FAULT{key}": str(value) for key, value in fault.items()}}


def clear(place):
    harness.shutil.rmtree(place.path / "soak.db.d", ignore_errors=True)
    for file in place.path.glob("soak.db*"):
        file.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("library")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="only each Kth call (default: 1)")
    parser.add_argument("--kinds", default="ENOSPC,EIO,short,full", metavar="KINDS",
                        help="full: ENOSPC, and every call after it, too")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="the first N, which an earlier run has tried")
    wanted = parser.parse_args()
    library = os.path.abspath(wanted.library)
    run = ["run", "sweep.json", "--jobs", "1", "--quiet", *SHORT]
    with harness.Workplace(harness.with_systems(harness.manifest(), SYSTEMS)) as place:
        code, text = place.run(*run, db="reference.db")
        if code != 0:
            sys.exit(f"faults: an undisturbed run ends with {code}\n{text}")
        reference = harness.contents(place.path / "reference.db")
        place.run(*run, env=environment(library, _COUNT=place.path / "count"))
        calls = int((place.path / "count").read_text())
        began, faults, failed_runs = time.monotonic(), 0, 0
        tries = [(number, kind) for number in range(1, calls + 1, wanted.every) for kind in wanted.kinds.split(",")]
        # In any order, so that those of a run that is cut off are a sample of all.
        random.Random(1).shuffle(tries)
        total, tries = len(tries), tries[wanted.skip:]
        ended = []
        signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
        for number, kind in tries:
            if ended:
                break
            clear(place)
            fault = {"_AT": number, "": "ENOSPC" if kind == "full" else kind, "_STAYS": int(kind == "full")}
            hit, said = place.run(*run, env=environment(library, **fault))
            faults += 1
            failed_runs += hit != 0
            code, text = place.run(*run)
            problem = ""
            if hit < 0:
                problem = f"the run was ended by signal {-hit}\n{said}"
            elif code != 0:
                problem = f"the next run ends with {code}\n{text}"
            else:
                problem = harness.difference(harness.contents(place.path / "soak.db"), reference)
            if problem:
                kept = place.path.with_name(f"{place.path.name}-kept")
                harness.shutil.copytree(place.path, kept, ignore_dangling_symlinks=True)
                print(f"faults: {kind} at call {number} of {calls}, in {kept}:\n{problem}\n"
                      f"what the run that was hit had said:\n{said}")
                return 1
    print(f"{faults} of {total} faults at the {calls} calls of a run, {failed_runs} of which ended it with an error, "
          f"{time.monotonic() - began:.0f} s; every table equals that of a run that nothing disturbed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
