"""Axes of an experiment: what its manifest varies, read from the JSON objects of `membership.axes`."""

import dataclasses
import json

# Axes that are everyday settings, and the columns of `trial` that hold them; as in framework/store/axes.cpp.
_EVERYDAY = {
    "seed": "seed",
    "dataset.plugin": "dataset",
    "cell.plugin": "cell",
    "cell.hidden": "hidden",
    "cell.layers": "layers",
    "training.sequence_length": "sequence_length",
    "training.batch": "batch",
    "training.steps": "steps",
    "training.optimizer.name": "optimizer",
    "training.optimizer.learning_rate": "learning_rate",
}


@dataclasses.dataclass(frozen=True)
class Axis:
    """keys: of the nested object; name: these joined by dots, as `unroll compare --by` takes it; column: its name in
    the experiment's view and in DataFrames."""

    keys: tuple
    name: str
    column: str

    def of(self, settings):
        """The axis' value in a nested object; None where it is not set. A list or an object is JSON text."""
        return value_at(settings, self.keys)


def axes_in(objects, taken):
    """The axes in these objects, in order of appearance. `taken`: names that an unusual axis' column cannot have; as in
    the experiment's view, it is then called "axes.NAME"."""
    leaves = []
    for settings in objects:
        _collect(settings, (), leaves)
    taken = {name.lower() for name in taken}
    axes = []
    for keys in leaves:
        if any(len(other) < len(keys) and keys[: len(other)] == other for other in leaves):
            continue  # where another trial has a plain value, the whole object is a value too
        name = ".".join(keys)
        column = _EVERYDAY.get(name)
        if column is None:
            column = name
            while column.lower() in taken:
                column = "axes." + column
            taken.add(column.lower())
        axes.append(Axis(keys, name, column))
    return axes


def value_at(settings, keys):
    for key in keys:
        if not isinstance(settings, dict) or key not in settings:
            return None
        settings = settings[key]
    return json.dumps(settings, ensure_ascii=False) if isinstance(settings, (dict, list)) else settings


def _collect(settings, keys, leaves):
    for key, value in settings.items():
        path = (*keys, key)
        if isinstance(value, dict) and value:
            _collect(value, path, leaves)
        elif path not in leaves:
            leaves.append(path)
