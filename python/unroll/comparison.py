"""What `unroll compare` says, as a DataFrame."""

import json

import pandas

from unroll import program
from unroll.frame import frame

_WHOLE = ("trials", "n", "unfinished", "diverged", "failed")
_REAL = ("mean", "sd", "low", "high", "diff", "diff_low", "diff_high")


class Comparison(pandas.DataFrame):
    """What Experiment.compare() gives.

    metric: SPLIT/NAME; by: names of the columns that tell groups apart; best_of: the columns with the best value of an
    axis; notes: what may mislead; experiment: its name.
    """

    _metadata = ["metric", "by", "best_of", "notes", "experiment"]

    @property
    def _constructor(self):
        return Comparison

    def plot(self, *, log_x=False, ax=None):
        """Draws the mean of each group with its 95% interval, blocks apart, the best in another colour.

        log_x: a logarithmic axis of values. ax: where to draw. Returns the Axes. Needs matplotlib. For pandas' own
        plots: pandas.DataFrame(comparison).plot.
        """
        from unroll import plot

        return plot.comparison(self, log_x, ax)


def by_program(store, name, facts, by, metric, goal):
    words = ["compare", name, "--db", store.file, "--format", "json"]
    for axis in by or ():
        words += ["--by", axis]
    if metric:
        words += ["--metric", metric]
    if goal:
        words += ["--goal", goal]
    out, err = program.output(words, store.program)
    rows = json.loads(out)
    columns = list(rows[0]) if rows else []
    kinds = {**dict.fromkeys(_WHOLE, "whole"), **dict.fromkeys(_REAL, "real")}
    made = Comparison(frame(columns, [tuple(row.values()) for row in rows], kinds))
    best_of = [column for column in columns if column.startswith("best ")]
    if "best" in columns:
        made["best"] = made["best"] == "*"
    made.metric, made.best_of, made.experiment = metric or facts.metric, best_of, name
    made.by = columns[: columns.index("parameters") - len(best_of)] if columns else []
    made.notes = [line[len("note: ") :] for line in err.splitlines() if line.startswith("note: ")]
    return made
