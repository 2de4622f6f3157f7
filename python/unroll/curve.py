"""Learning curves of groups of trials: the mean at each step."""

import math

import numpy
import pandas

from unroll import interval
from unroll.error import Error
from unroll.frame import frame

_COLUMNS = ("step", "epoch", "seconds", "n", "mean", "sd", "low", "high")


class Curve(pandas.DataFrame):
    """What Experiment.curve() gives. Parts of it (`curve[curve["step"] > 100]`) are Curves, too.

    metric: SPLIT/NAME; by: the names of the columns that tell groups apart; experiment: its name.
    """

    _metadata = ["metric", "by", "experiment"]

    @property
    def _constructor(self):
        return Curve

    def plot(self, x="step", *, band="interval", log_x=False, log_y=False, ax=None):
        """Draws a line for each group, with a band.

        x: "step", "epoch" or "seconds". band: "interval" (95% of the mean), "sd" (one standard deviation) or None.
        log_x, log_y: logarithmic axes. ax: where to draw; without one, groups that differ in more than the first name
        of `by` get an Axes for each of the others' values. Returns the Axes, or an array of several. Needs matplotlib.
        For pandas' own plots: pandas.DataFrame(curve).plot.
        """
        from unroll import plot

        return plot.curves(self, x, band, log_x, log_y, ax)


def of_groups(groups, points, metric, experiment):
    """The Curve of choice.groups() over the points of Experiment._points()."""
    by = list(groups[0].by) if groups else []
    for name in by:
        if name in _COLUMNS:
            raise Error("by", f"'{name}', a column that a curve has itself", "an axis or a setting")
    group_of = _groups_by_trial(groups, set(points["trial_id"]))
    used = points[points["trial_id"].isin(list(group_of))]
    grouped = used.groupby([used["trial_id"].map(group_of).rename("group"), "step"])
    means = grouped.agg(
        epoch=("epoch", "mean"),
        seconds=("seconds", "mean"),
        n=("value", "size"),
        mean=("value", "mean"),
        sd=("value", "std"),
    )
    means = means.reset_index()
    half = means["sd"] * [_half_width_in_sd(n) for n in means["n"]]
    means["low"], means["high"] = means["mean"] - half, means["mean"] + half
    keys = frame(by, [tuple(groups[group].by.values()) for group in means["group"]]) if by else pandas.DataFrame()
    made = Curve(pandas.concat([keys, means[list(_COLUMNS)]], axis="columns"))
    made.metric, made.by, made.experiment = metric, by, experiment
    return made


def _groups_by_trial(groups, with_points):
    """{trial: number of its group}: the finished ones of a group's choice where there are any, since those that run end
    their curves earlier."""
    numbers = {}
    for number, group in enumerate(groups):
        there = [member for member in group.trials if member["trial_id"] in with_points]
        finished = [member for member in there if member["status"] == "finished"]
        numbers.update({member["trial_id"]: number for member in finished or there})
    return numbers


def _half_width_in_sd(n):
    return interval.quantile(int(n) - 1) / math.sqrt(n) if n > 1 else numpy.nan
