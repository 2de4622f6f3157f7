"""A sweep on a real Slurm cluster to which everything happens that happens to clusters; its results must be a local run's.

    check.py [--steps N] [--keep]

Wants a cluster of two nodes (tests/slurm/cluster) and SLURM_CONF. Four kinds of cell, 24 trials: a worker is killed, a
whole task is killed, a node dies, a task is requeued, one meets its time limit, the run is cancelled and gone on with. At
the end every table must equal that of a run in one process: losses, metrics and texts bit for bit. Exit code 0: all is as
it must be; 1: it is not, and the workplace stays.
"""

import argparse
import glob
import json
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
UNROLL = os.path.join(ROOT, os.environ.get("UNROLL_BUILD", "build"), "unroll")
CLUSTER = os.path.join(HERE, "cluster")

TABLES = {
    "trial": "SELECT fingerprint, status, step, tokens, train_loss, validation_loss, best_validation_loss, best_step, error"
             " FROM trial",
    "metric": "SELECT fingerprint, split, name, m.step, epoch, value FROM metric AS m JOIN trial ON trial.id = trial_id"
              " WHERE name <> 'tokens_per_second'",
    "sample": "SELECT fingerprint, s.step, sampler, options, temperature, prompt, prompt_key, s.seed, number, text"
              " FROM sample AS s JOIN trial ON trial.id = trial_id",
    "loss_by_position": "SELECT fingerprint, split, position, l.step, value FROM loss_by_position AS l"
                        " JOIN trial ON trial.id = trial_id",
    "gradient": "SELECT fingerprint, g.step, lag, norm FROM gradient AS g JOIN trial ON trial.id = trial_id",
    "checkpoint": "SELECT fingerprint, c.step, is_last, is_best, is_scheduled FROM checkpoint AS c"
                  " JOIN trial ON trial.id = trial_id",
    "membership": "SELECT fingerprint, place, axes, current FROM membership JOIN trial ON trial.id = trial_id",
}


CALIBRATION = 300  # steps
SECONDS = 90  # of a local run, in which all the trouble has to fit
SWEEP = {"cell.plugin": ["rnn", "gru", "lstm", "minimal-gated"], "training.optimizer.learning_rate": [0.003, 0.01], "seed": [1, 2, 3]}


class Failure(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Failure(what)


def say(text):
    print(f"[{time.monotonic() - BEGIN:5.1f} s] {text}", flush=True)


def run(*words, check=True):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    require(not check or done.returncode == 0, f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout.strip()


PATIENCE = 4  # how much longer a busy machine may take for anything


def wait(seconds, what, condition):
    seconds *= PATIENCE
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise Failure(f"{what}: not after {seconds} s")


class Place:
    """A workplace on the shared file system, with a manifest and run folder."""

    def __init__(self, steps=None, sweep=None, seconds=SECONDS):
        self.path = tempfile.mkdtemp(prefix="unroll-slurm-", dir="/tmp")
        self.seconds, self.trials = seconds, math.prod(map(len, (sweep or SWEEP).values()))
        self.turn_to("run", "cluster.db")
        shutil.copy(os.path.join(ROOT, "tests/fixtures/texts/harbour.txt"), self.path)
        manifest = {
            "name": "clustered", "seed": 1,
            "dataset": {"plugin": "text", "path": "harbour.txt", "split": [0.8, 0.2, 0.0]},
            "cell": {"plugin": "lstm", "hidden": 48},
            "training": {"sequence_length": 24, "batch": 16, "steps": steps or CALIBRATION, "log_every": 20, "evaluate_every": 200,
                         "checkpoint_every": {"minutes": 0.05}, "optimizer": {"name": "adam", "learning_rate": 0.003}},
            "sampling": {"sampler": {"plugin": "temperature"}, "temperature": [0.5, 1.0], "length": 60, "prompt": "the "},
            "diagnostics": {"gradient": "end"},
            "sweep": sweep or SWEEP,
            "expect": {"all are there": f"SELECT count(*) = {self.trials} AND sum(status = 'finished') = {self.trials}, count(*)"
                                        " FROM result WHERE experiment = 'clustered'"},
        }
        self.manifest = os.path.join(self.path, "clustered.json")
        self.write(manifest)
        if not steps:
            manifest["training"]["steps"] = self.calibrate()
            self.write(manifest)
        say(f"{manifest['training']['steps']} steps a trial")

    def turn_to(self, folder, database):
        """Another run of the same manifest."""
        self.folder, self.database = os.path.join(self.path, folder), os.path.join(self.path, database)
        self.log = os.path.join(self.path, f"{os.path.basename(database)}.log")

    def write(self, manifest):
        with open(self.manifest, "w", encoding="utf-8") as file:
            json.dump(manifest, file)

    def calibrate(self):
        """Steps with which a local run takes about so long as the trouble on the cluster wants."""
        begin = time.monotonic()
        run(UNROLL, "run", self.manifest, "--db", os.path.join(self.path, "trial.db"), "--quiet", "--set",
            f"training.steps={CALIBRATION}", check=False)
        steps = CALIBRATION * self.seconds / max(time.monotonic() - begin, 1)
        return int(min(max(steps, 600), 40000) // 100 * 100)

    def words(self, *more):
        return [UNROLL, "run", self.manifest, "--db", self.database, "--launcher", "slurm", "--run-folder", self.folder, *more]

    def start(self, *more):
        with open(self.log, "a", encoding="utf-8") as log:
            return subprocess.Popen(self.words(*more), stdout=log, stderr=log, cwd=self.path)

    def files(self, pattern):
        return sorted(glob.glob(os.path.join(self.folder, pattern)))

    def read(self, file):
        try:
            with open(file, encoding="utf-8") as text:
                return json.load(text)
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def workers(self):
        """The attempts that run trials and have said so just now: {(task, number): record}."""
        found = {}
        for file in self.files("attempts/*/worker.json"):
            task, number = os.path.basename(os.path.dirname(file)).split(".")
            try:
                silent = time.time() - os.path.getmtime(file)
            except FileNotFoundError:
                continue
            if silent < 10 and not os.path.exists(os.path.join(os.path.dirname(file), "end.json")):
                record = self.read(file)
                if record.get("running") and any(trial["step"] > 20 for trial in record["running"]):
                    found[int(task), int(number)] = record
        return found

    def end(self, task, number):
        return self.read(os.path.join(self.folder, "attempts", f"{task}.{number}", "end.json"))

    def begun(self, task):
        return len(self.files(f"attempts/{task}.*"))

    def done(self):
        return len(self.files("done/*"))


def pids(place, task):
    """Of a task's processes, wherever: the supervisor first."""
    found = []
    for cmdline in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(cmdline, "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[1:2] == ["worker"] and place.folder in words and words[-2:-1] == [str(task)]:
            found.append(int(cmdline.split("/")[2]))
    return sorted(found)


def choose(place, used, node=None):
    """A task with trials under way that nothing has happened to yet."""
    for (task, number), record in sorted(place.workers().items()):
        if task not in used and (node is None or record["host"] == node):
            used.add(task)
            return task, number, record
    return None


def trouble(place):
    """Everything that happens; returns when the run has had it all."""
    used = set()
    task, number, record = wait(90, "a worker at a trial", lambda: choose(place, used))
    limited = (task, number)
    run("scontrol", "update", f"JobId={record['job']}", "EndTime=now+40")
    say(f"task {task} on {record['host']}: its time limit is in 40 s")

    task, number, record = wait(60, "another worker", lambda: choose(place, used))
    os.kill(pids(place, task)[-1], signal.SIGKILL)
    again = wait(30, "the killed worker again", lambda: place.begun(task) > number + 1)
    require(again and place.end(task, number).get("signal") == 9, "the end of a killed worker is not written")
    say(f"task {task} on {record['host']}: its worker was killed, and began again")

    task, number, record = wait(60, "another worker", lambda: choose(place, used))
    run("scontrol", "requeue", record["job"])
    wait(60, "the requeued task again", lambda: place.begun(task) > number + 1)
    require(place.end(task, number).get("orderly"), "a requeued worker did not end in order")
    say(f"task {task}: requeued, ended with a checkpoint and began again")

    wait(120, "the warning before the time limit", lambda: place.end(*limited))
    require(place.end(*limited).get("orderly"), "a worker did not end in order at its time limit")
    wait(60, "the task after its time limit", lambda: place.begun(limited[0]) > limited[1] + 1 or place.done() == 24)
    say(f"task {limited[0]}: met its time limit, and was requeued by itself")

    used.clear()
    task, number, record = wait(60, "a worker on n2", lambda: choose(place, used, "n2") or choose(place, used))
    node = record["host"] if record["host"].startswith("n") else run("squeue", "-h", "-o", "%N", "-j", record["job"])
    run(CLUSTER, "kill", node)
    run("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test")
    say(f"node {node} died with task {task}")
    wait(60, "the task of the dead node again", lambda: place.begun(task) > number + 1 or place.done() == 24)
    run(CLUSTER, "boot", node)
    run("scontrol", "update", f"NodeName={node}", "State=RESUME", check=False)
    say(f"task {task} began again, and {node} is back")

    task, number, record = wait(60, "a worker at a trial", lambda: choose(place, used))
    for pid in reversed(pids(place, task)):
        os.kill(pid, signal.SIGKILL)
    say(f"task {task}: killed with its supervisor, {place.done()} of 24 trials are done")


def compare(place, local="local.db"):
    different = []
    stores = [sqlite3.connect(file) for file in (os.path.join(place.path, local), place.database)]
    for table, query in TABLES.items():
        local, cluster = (sorted(store.execute(query).fetchall(), key=repr) for store in stores)
        say(f"{table}: {len(local)} rows, {'equal' if local == cluster else 'DIFFERENT'}")
        if local != cluster or not local:
            different.append(table)
            for one in (set(map(repr, local)) ^ set(map(repr, cluster))):
                print("   ", one[:200])
                if len(different) > 3:
                    break
    require(not different, f"different from a local run: {', '.join(different)}")


def refusals(place):
    """What people meet, told in seconds and without a trace."""
    begin = time.monotonic()
    done = subprocess.run(place.words("--", "--partition=nowhere"), capture_output=True, text=True, check=False)
    require(done.returncode == 2 and "invalid partition" in done.stderr.lower(), f"a wrong partition: {done.stderr}")
    say(f"a wrong partition is refused in Slurm's words ({time.monotonic() - begin:.1f} s)")
    hidden = os.path.join(os.environ.get("CLUSTER_DIR", "/tmp/unroll-slurm"), "local", "run")
    if os.path.exists(os.path.join(os.path.dirname(hidden), "..", "run", "namespaces")):
        begin = time.monotonic()
        words = place.words("--nodes-at-most", "2")
        words[words.index("--run-folder") + 1] = hidden
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        require(done.returncode == 2 and "all nodes see" in done.stderr, f"an unseen folder: {done.stderr}")
        say(f"a run folder that nodes do not see is found out ({time.monotonic() - begin:.1f} s)")
    run("squeue", "-h")
    shutil.rmtree(place.folder, ignore_errors=True)


def whole(place):
    say("a local run, to compare with")
    run(UNROLL, "run", place.manifest, "--db", os.path.join(place.path, "local.db"), "--quiet")
    refusals(place)
    say("the same on the cluster")
    follower = place.start("--nodes-at-most", "4", "--time", "10")
    trouble(place)
    say("cancel")
    run(UNROLL, "cancel", place.folder)
    code = follower.wait(timeout=90 * PATIENCE)
    require(code == 130, f"the command that followed a cancelled run ended with {code}")
    wait(60, "an empty queue", lambda: not run("squeue", "-h"))
    left = 24 - place.done()
    say(f"cancelled with {left} trials left; the same command again, detached")
    require(left > 0, "nothing was left to cancel: raise --steps")
    detached = subprocess.run(place.words("--nodes-at-most", "4", "--detach"), capture_output=True, text=True, check=False)
    require(detached.returncode == 0, detached.stderr)
    wait(60, "a running task", place.workers)
    print(run(UNROLL, "status", place.folder))
    say("attach")
    code = place.start("--nodes-at-most", "4").wait(timeout=240 * PATIENCE)
    require(code == 0, f"the attached command ended with {code}")
    compare(place)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, help="of each trial; else as many as make it long enough here")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    place = Place(arguments.steps)
    try:
        whole(place)
    except (Failure, subprocess.TimeoutExpired) as failure:
        print(f"FAILED: {failure}\nthe workplace stays: {place.path}")
        for file in [place.log, *place.files("logs/*")]:
            if os.path.exists(file):
                with open(file, encoding="utf-8", errors="replace") as text:
                    print(f"--- {file}\n{text.read()[-3000:]}")
        return 1
    say("as a local run, to the last bit")
    if not arguments.keep:
        shutil.rmtree(place.path)
    return 0


BEGIN = time.monotonic()
if __name__ == "__main__":
    sys.exit(main())
