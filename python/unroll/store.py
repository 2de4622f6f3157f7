"""A result store: the experiments in it, and SQL over it."""

import os

from unroll import connection, query
from unroll.error import Error, suggestion
from unroll.experiment import Experiment
from unroll.frame import frame

DEFAULT = "results/unroll.db"

_LAST_VALUE = (
    "(SELECT value FROM point JOIN series ON series.id = series_id WHERE point.trial_id = result.trial_id"
    " AND split || '/' || series.name = experiment.metric ORDER BY step DESC LIMIT 1)"
)
STATUSES = ("finished", "diverged", "failed", "running", "interrupted", "queued")


def open(db=DEFAULT, *, program=None):
    """Opens a result store to read it; it is never changed. Also beside a running sweep: each call sees what is
    committed by then.

    db: the file that `unroll run --db` wrote.
    program: the unroll program for compare() (default: the environment variable UNROLL, then `unroll` on PATH).

    Raises Error when there is no such file, or when it is no result store of a version that this package reads.
    """
    return Store(db, program=program)


class Store:
    """What open() gives. Between calls it holds neither the file nor a lock, so there is nothing to close; threads may
    share it."""

    def __init__(self, db=DEFAULT, *, program=None):
        self.file = os.path.abspath(os.fspath(db))
        self.program = program
        with self.reading():
            pass

    def __repr__(self):
        return f"unroll.open({self.file!r})"

    def reading(self):
        """A context with a connection of the sqlite3 module that reads one moment of the file."""
        return connection.reading(self.file)

    def experiments(self):
        """The experiments, the one that ran last first. Index: `experiment`, its name.

        Columns: about, metric, goal; trials, and of these finished, diverged, failed, running, interrupted, queued;
        former: trials that its manifest no longer has; best: the best last value of the metric among the finished;
        last_run: UTC.
        """
        counts = ", ".join(f"count(*) FILTER (WHERE current AND status = '{status}')" for status in STATUSES)
        with self.reading() as reading:
            rows = reading.execute(
                f"SELECT experiment.name, about, metric, goal, count(*) FILTER (WHERE current), {counts},"
                " count(*) FILTER (WHERE NOT current),"
                " iif(goal = 'min', min(last) FILTER (WHERE current AND status = 'finished'),"
                "  max(last) FILTER (WHERE current AND status = 'finished')),"
                " ifnull((SELECT max(heartbeat_at) FROM attempt JOIN membership USING (trial_id)"
                "  WHERE experiment_id = experiment.id), updated_at) AS last_run"
                " FROM experiment LEFT JOIN (SELECT experiment_id, current, status, "
                + _LAST_VALUE.replace("result.trial_id", "trial.id")
                + " AS last FROM membership JOIN trial ON trial.id = trial_id"
                "  JOIN experiment ON experiment.id = experiment_id) ON experiment_id = experiment.id"
                " GROUP BY experiment.id ORDER BY last_run DESC, experiment.name"
            ).fetchall()
        columns = ["experiment", "about", "metric", "goal", "trials", *STATUSES, "former", "best", "last_run"]
        kinds = {name: "whole" for name in ("trials", *STATUSES, "former")}
        return frame(columns, rows, {**kinds, "best": "real", "last_run": "time"}).set_index("experiment")

    def experiment(self, name):
        """The experiment of this name. Raises Error, with the names that there are, for any other."""
        with self.reading() as reading:
            known = [row[0] for row in reading.execute("SELECT name FROM experiment ORDER BY updated_at DESC")]
        if name not in known:
            raise Error(
                self.file,
                f"no experiment '{name}'",
                "one of: " + (", ".join(known) or "none yet"),
                suggestion(str(name), known, "run its manifest first, or open another file"),
            )
        return Experiment(self, name)

    def sql(self, statement, parameters=(), *, timeout=60):
        """The rows of one SELECT, read-only, as `unroll sql` runs it; median(x) and stddev(x) are there, too.

        parameters: values for its question marks, or a dict for its :names. timeout: seconds, None for no limit.
        Columns get their dtype from their values: int64, Int64 where some are NULL, float64, else object (texts; times
        as the store has them). RangeIndex. Tables and columns: results/README.md.
        """
        with self.reading() as reading:
            return frame(*query.rows(reading, statement, parameters, timeout))
