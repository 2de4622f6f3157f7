"""Reads Unroll's result store into pandas, draws it, and runs manifests.

    import unroll

    experiment = unroll.open("results/unroll.db").experiment("quickstart")
    experiment.result()               # a row per trial
    experiment.curve().plot()         # learning curves, mean and interval over the seeds
    experiment.compare()              # what `unroll compare` says
    unroll.run("experiments/quickstart.json")

Words are those of the program and of the store's columns. A request that cannot be met raises `unroll.Error`.
"""

from unroll.comparison import Comparison
from unroll.curve import Curve
from unroll.error import Error, Unmet
from unroll.experiment import Experiment
from unroll.run import run
from unroll.store import Store, open  # called as unroll.open; not in __all__, so that no star hides the built-in

__version__ = "0.1.0"
__all__ = ["Comparison", "Curve", "Error", "Experiment", "Store", "Unmet", "run"]
