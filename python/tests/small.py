"""A small store that the program itself has made, once for all tests, and the fixtures' folder."""

import atexit
import functools
import os
import pathlib
import shutil
import tempfile

import unroll

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = str(ROOT / "tests/fixtures/texts/harbour.txt")


def manifest(**changes):
    """Two cells, two rates and two seeds, 20 steps each: less than a second."""
    return {
        "name": "small",
        "about": "two small cells",
        "dataset": {"plugin": "text", "path": TEXT, "split": [0.6, 0.2, 0.2]},
        "cell": {"plugin": "rnn", "hidden": 8},
        "training": {"sequence_length": 8, "batch": 4, "steps": 20, "log_every": 5, "evaluate_every": 5},
        "sampling": {"sampler": {"plugin": "temperature"}, "temperature": [0.5, 1.0], "length": 20, "prompt": "the "},
        "sweep": {
            "system": {"simple": {"cell.plugin": "rnn"}, "gated": {"cell.plugin": "gru"}},
            "training.optimizer.learning_rate": [0.01, 0.02],
            "seed": [1, 2],
        },
        "compare": {"metric": "test/loss", "best": ["training.optimizer.learning_rate"]},
        **changes,
    }


def folder():
    """A new folder that is removed at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="unroll-python-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@functools.lru_cache(maxsize=None)
def store():
    """Opened; with the experiment "small"."""
    for variable in ("UNROLL_DATA", "UNROLL_PLUGIN_PATH"):
        os.environ.pop(variable, None)
    file = folder() / "small.db"
    unroll.run(manifest(), db=file, progress=False)
    return unroll.open(file)


def experiment():
    return store().experiment("small")
