"""Groups of trials and the best choice in each, by the rules of `unroll compare`: framework/analysis/comparison.cpp."""

import dataclasses

from unroll.axes import value_at
from unroll.error import Error, suggestion

_HIGHER_IS_BETTER = ("accuracy", "exact", "deceived", "tokens_per_second")  # as in framework/trial/metric.cpp


@dataclasses.dataclass
class Group:
    """by: {name: value}; best: {axis: chosen value}; trials: the members of the choice; mean: of the last values of the
    finished ones, None when there is none."""

    by: dict
    best: dict
    trials: list
    mean: float


def groups(members, facts, metric, by, last_values):
    """The groups in the order of a comparison: blocks that agree in all of `by` but its first stand in the manifest's
    order, in each the best mean first."""
    names = by or facts.by or [axis.name for axis in facts.axes if axis.name != "seed"]
    best = [name for name in facts.best if name not in names]
    if not by:
        names = [name for name in names if name not in facts.best]
    higher = _goal(facts, metric) == "max"
    value = _finished_values(last_values.get(metric, {}))
    tuning = _finished_values(last_values.get(_tuning_metric(metric, last_values), {}))
    made = []
    for key, group in _partition(members, names, facts).items():
        choice = _chosen(_partition(group, best, facts), tuning, higher)
        values = [value(member) for member in choice[1] if value(member) is not None]
        mean = sum(values) / len(values) if values else None
        made.append(Group(dict(zip(names, key)), dict(zip(best, choice[0])), choice[1], mean))
    blocks = {}
    for group in made:
        blocks.setdefault(tuple(group.by.values())[1:], []).append(group)
    worst = lambda group: (group.mean is None, 0 if group.mean is None else -group.mean if higher else group.mean)
    return [group for block in blocks.values() for group in sorted(block, key=worst)]


def curve_metric(facts, known):
    """What a curve shows unless another metric is asked for: the experiment's. The test split is measured once, at the
    end, so its metric is followed on the split that choices are made by."""
    return _tuning_metric(facts.metric, known)


def _goal(facts, metric):
    if metric == facts.metric:
        return facts.goal
    return "max" if metric.partition("/")[2] in _HIGHER_IS_BETTER else "min"


def _tuning_metric(metric, known):
    """Nobody chooses on the test split, as long as there is another."""
    split, _, name = metric.partition("/")
    return f"validation/{name}" if split == "test" and f"validation/{name}" in known else metric


def _finished_values(by_trial):
    return lambda member: by_trial.get(member["trial_id"]) if member["status"] == "finished" else None


def _partition(members, names, facts):
    parts = {}
    readers = [_reader(name, members, facts) for name in names]
    for member in members:
        parts.setdefault(tuple(reader(member) for reader in readers), []).append(member)
    return parts


def _reader(name, members, facts):
    """What reads an axis, a column of `result`, or a path of the config, in this order of precedence."""
    for axis in facts.axes:
        if axis.name == name:
            return lambda member: axis.of(member["axes"])
    if members and name in members[0] and name not in ("axes", "config"):
        return lambda member: member[name]
    keys = name.split(".")
    if any(value_at(member["config"], keys) is not None for member in members):
        return lambda member: value_at(member["config"], keys)
    known = [axis.name for axis in facts.axes]
    raise Error(
        "by",
        f"no axis '{name}'",
        f"an axis ({', '.join(known) or 'none yet'}), a column of result, or a path of the config",
        suggestion(name, known + list(members[0] if members else ()), ""),
    )


def _chosen(choices, tuning, higher):
    """(values, members) of the best mean; one of which trials diverged or failed only when there is no other."""
    leading = None
    for key, members in choices.items():
        values = [tuning(member) for member in members if tuning(member) is not None]
        mean = sum(values) / len(values) if values else None
        lossy = any(member["status"] in ("diverged", "failed") for member in members)
        if leading is None or _is_better((mean, lossy), leading[2:], higher):
            leading = (key, members, mean, lossy)
    return leading[:2]


def _is_better(one, other, higher):
    (mean, lossy), (best, was_lossy) = one, other
    if mean is None or best is None:
        return mean is not None and best is None
    if lossy != was_lossy:
        return was_lossy
    return mean > best if higher else mean < best
