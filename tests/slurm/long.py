"""What happens to clusters more rarely, each on a real Slurm cluster, and each with the results of a local run at the end.

    long.py [CASE]... [--keep]

    held           jobs that are held, in more arrays than one (MaxArraySize is 3 here)
    kernel_sets    a node with a lesser processor
    other_build    a node with another build of a plugin
    preempted      other jobs take the nodes
    frozen         a node that is cut off goes on writing while its task runs elsewhere
    full           no space is left in the run folder

Starts a cluster of its own for all of them (tests/slurm/cluster). Wants root: nodes get file systems of their own. Exit code
0: all is as it must be; 1: it is not, and the workplace stays; 2: no such case.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

import check
from check import CLUSTER, ROOT, UNROLL, Failure, Place, choose, compare, require, run, say, wait

os.environ.setdefault("CLUSTER_DIR", f"/tmp/unroll-slurm-long.{os.getpid()}")
SWEEP = {"cell.plugin": ["rnn", "lstm"], "seed": [1, 2, 3, 4]}
SECONDS = 40  # of a local run: longer than Slurm takes to find that a node is silent, on two nodes of two processors
ROOM = 8  # MB of the run folder that gets full


def start_cluster(place):
    """With a folder that gets full, and what each node sets for its tasks, both of which nodes see from their start."""
    for folder in ("small", "prolog"):
        os.mkdir(os.path.join(place.path, folder))
    run("mount", "-t", "tmpfs", "-o", f"size={ROOM}M", "small", os.path.join(place.path, "small"))
    prolog = os.path.join(place.path, "prolog.sh")
    with open(prolog, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\ncat '{place.path}/prolog/'$SLURMD_NODENAME 2>/dev/null\nexit 0\n")
    os.chmod(prolog, 0o755)
    os.environ["CLUSTER_CONF"] = "\n".join([
        "MaxArraySize=3", f"TaskProlog={prolog}", "PreemptType=preempt/partition_prio", "PreemptMode=REQUEUE",
        "PartitionName=spot Nodes=ALL PriorityTier=0 GraceTime=5 PreemptMode=REQUEUE MaxTime=INFINITE State=UP"])
    os.environ["SLURM_CONF"] = run(CLUSTER, "start").split("SLURM_CONF=")[1]


def a_worker(place, process, node=None):
    """One that is at a trial."""
    def look():
        require(process.poll() is None, "the run has ended early")
        return choose(place, set(), node)

    return wait(90, "a worker at a trial", look)


def finish(place, process, local="local.db"):
    code = process.wait(timeout=300 * check.PATIENCE)
    require(code == 0, f"the run ended with {code}")
    compare(place, local)


def told(place):
    with open(place.log, encoding="utf-8", errors="replace") as text:
        return text.read()


def refused(place, words, *more):
    """Within seconds, with exit code 2, in these words."""
    begin = time.monotonic()
    done = subprocess.run(place.words("--nodes-at-most", "4", *more), capture_output=True, text=True, check=False)
    require(done.returncode == 2, f"exit code {done.returncode} instead of 2: {done.stderr}")
    for word in words:
        require(word in done.stderr, f"{word!r} is not told: {done.stderr}")
    require(not place.files("attempts/*"), "a trial was begun all the same")
    say(f"refused after {time.monotonic() - begin:.1f} s: {' '.join(done.stderr.split())[:300]}")


def held(place):
    process = place.start("--nodes-at-most", "5", "--", "--hold")
    wait(30, "the reason of a held job", lambda: "JobHeldUser" in told(place))
    require("JobHeldUser" in run(UNROLL, "status", place.folder), "status does not say why nothing runs")
    jobs = [place.read(file) for file in place.files("jobs/*.json")]
    arrays = [job["tasks"] for job in jobs if not job["check"]]
    require(len(arrays) == 2 and max(arrays) <= 3, f"arrays of {arrays} tasks, where an array has at most 3")
    say(f"held, and said so; arrays of {arrays} tasks")
    for job in jobs:
        run("scontrol", "release", job["id"])
    finish(place, process)


def kernel_sets(place):
    done = subprocess.run([UNROLL, "run", place.manifest, "--launcher", "local", "--kernel-set", "none"],
                          capture_output=True, text=True, check=False)
    sets = re.search(r"this machine has (.*)", done.stderr).group(1).strip().split(", ")
    require(len(sets) > 1, f"this machine has no two kernel sets: {sets}")
    best, lesser = sets[:2]
    prolog = os.path.join(place.path, "prolog", "n2")
    with open(prolog, "w", encoding="utf-8") as file:
        file.write(f"export UNROLL_SIMD={lesser}\n")
    try:
        refused(place, ["node n2", f"no kernel set {best}", "--constraint"], "--kernel-set", best)
        place.turn_to("kernels", "kernels.db")
        process = place.start("--nodes-at-most", "4")
        subprocess.run([UNROLL, "run", place.manifest, "--db", os.path.join(place.path, "lesser.db"), "--quiet"],
                       env={**os.environ, "UNROLL_SIMD": lesser}, check=True)
        finish(place, process, "lesser.db")
        kept = place.read(os.path.join(place.folder, "kernel-set.json"))
        require(kept.get("kernel_set") == lesser, f"the kernel set of the run is {kept}, where n2 has {lesser} only")
        used = {place.read(file)["kernel_set"] for file in place.files("attempts/*/worker.json")}
        require(used == {lesser}, f"tasks used {used}")
        require(lesser in run(UNROLL, "status", place.folder), "status does not tell the kernel set")
        say(f"n1 has {best} and n2 {lesser}: all tasks used {lesser}")
    finally:
        os.remove(prolog)


def other_build(place):
    (plugin,) = glob.glob(os.path.join(os.path.dirname(UNROLL), "plugins", "**", "lstm.so"), recursive=True)
    with open(plugin, "rb") as file:
        content = bytearray(file.read())
    note = content.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0") + 16  # of the build's id
    content[note] ^= 1
    other = os.path.join(place.path, "other.so")
    with open(other, "wb") as file:
        file.write(content)
    run(CLUSTER, "enter", "n2", "mount", "--bind", other, plugin)
    try:
        refused(place, ["node n2", "build "])
    finally:
        run(CLUSTER, "enter", "n2", "umount", plugin)
    place.turn_to("same_build", "same_build.db")
    finish(place, place.start("--nodes-at-most", "4"))


def preempted(place):
    process = place.start("--nodes-at-most", "4", "--", "--partition=spot")
    task, number, record = a_worker(place, process)
    other = run("sbatch", "--parsable", "--partition=main", "--nodes=2", "--exclusive", "--output=/dev/null", "--wrap", "sleep 10")
    wait(60, "the end of the pre-empted task", lambda: place.end(task, number))
    require(place.end(task, number).get("orderly"), "a pre-empted worker did not end in order")
    wait(30, "the other job", lambda: run("squeue", "-h", "-j", other, "-o", "%T") == "RUNNING")
    say(f"task {task} on {record['host']} made way for job {other}, with a checkpoint")
    wait(120, "the pre-empted task again", lambda: place.begun(task) > number + 1 or place.done() == place.trials)
    say(f"task {task} goes on")
    finish(place, process)


def frozen(place):
    # Slurm believes for half a minute that the node is there: trials must last longer.
    with open(place.manifest, encoding="utf-8") as file:
        steps = json.load(file)["training"]["steps"]
    longer = [f"training.steps={6 * steps}", 'sweep={"cell.plugin": ["lstm"], "seed": [1, 2]}', "expect={}"]
    longer = [word for one in longer for word in ("--set", one)]
    process = place.start("--nodes-at-most", "2", *longer)
    task, number, record = a_worker(place, process, "n1")
    own = os.path.join(place.folder, "attempts", f"{task}.{number}")
    run(CLUSTER, "freeze", "n1")
    at = time.time()
    say(f"n1 is cut off, with task {task}")
    wait(90, "its task elsewhere", lambda: place.begun(task) > number + 1)
    second = os.path.join(place.folder, "attempts", f"{task}.{number + 1}")
    begun = os.stat(second).st_ctime
    last = wait(30, "the first copy's last words", lambda: place.end(task, number) and os.path.getmtime(os.path.join(own, "end.json")))
    require(last > at + 5, "the first copy did not go on when its node was cut off")
    require(os.path.getmtime(os.path.join(own, "worker.json")) > begun - 5, "the two copies did not run at once")
    hosts = {place.read(os.path.join(one, "worker.json")).get("host") for one in (own, second)
             if wait(30, "the second copy's first words", lambda: os.path.exists(os.path.join(one, "worker.json")))}
    require(hosts == {"n1", "n2"}, f"the copies ran on {hosts}")
    say(f"the first copy wrote for {last - at:.0f} s more; the second began {begun - at:.0f} s after the cut; both have a shard of their own")
    run(CLUSTER, "thaw", "n1")
    run(UNROLL, "run", place.manifest, "--db", os.path.join(place.path, "longer.db"), "--quiet", *longer)
    finish(place, process, "longer.db")


def full(place):
    place.turn_to("small/run", "full.db")
    filler = os.path.join(place.path, "small", "filler")
    process = place.start("--nodes-at-most", "4")
    a_worker(place, process)
    with open(filler, "wb") as file:
        try:
            while True:
                os.write(file.fileno(), b"x" * 4096)
        except OSError:
            pass
    say("no space is left in the run folder")
    code = process.wait(timeout=200 * check.PATIENCE)
    said = told(place)
    require(code not in (0, 130), f"the run ended with {code}")
    require("No space left" in said or "disk is full" in said, f"the quota is not told:\n{said[-2000:]}")
    say(f"exit code {code}: {[line for line in said.splitlines() if 'space' in line or 'full' in line][-1][:200]}")
    os.remove(filler)
    wait(60, "an empty queue", lambda: not run("squeue", "-h"))
    finish(place, place.start("--nodes-at-most", "4"))


CASES = {case.__name__: case for case in (held, kernel_sets, other_build, preempted, frozen, full)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help=", ".join(CASES))
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.case if name not in CASES]:
        parser.error(f"found {', '.join(unknown)}, expected {', '.join(CASES)}")
    if os.geteuid() != 0:
        print("tests/slurm/long.py: skipped: only root can give nodes file systems of their own")
        return 0
    place, failed = Place(None, SWEEP, SECONDS), []
    try:
        start_cluster(place)
        run(UNROLL, "run", place.manifest, "--db", os.path.join(place.path, "local.db"), "--quiet")
        for name in arguments.case or CASES:
            say(f"--- {name}")
            place.turn_to(name, name + ".db")
            try:
                CASES[name](place)
            except (Failure, subprocess.SubprocessError, ValueError) as failure:
                failed.append(name)
                print(f"FAILED: {name}: {failure}")
                for file in [place.log, *place.files("logs/*")]:
                    if os.path.exists(file):
                        with open(file, encoding="utf-8", errors="replace") as text:
                            print(f"--- {file}\n{text.read()[-3000:]}")
                subprocess.run(["scancel", "--user", "root"], check=False)
    finally:
        run(CLUSTER, "stop", check=False)
        run("umount", os.path.join(place.path, "small"), check=False)
    if failed:
        print(f"wrong: {', '.join(failed)}; the workplace stays: {place.path}")
        return 1
    say("as a local run, to the last bit")
    if not arguments.keep:
        shutil.rmtree(place.path)
    return 0


sys.exit(main())
