"""One experiment of a result store as DataFrames."""

import dataclasses
import json

from unroll import choice, comparison, curve
from unroll.axes import axes_in
from unroll.error import Error, suggestion
from unroll.frame import frame, kinds_of

_HIDDEN = ("id", "place", "axes")  # of the view `result`: trial_id, the order of rows, columns of their own


@dataclasses.dataclass(frozen=True)
class Facts:
    """What an experiment's row says, and its axes."""

    about: str
    metric: str
    goal: str
    by: list
    best: list
    axes: list
    manifest: str


class Experiment:
    """An experiment of a store, as it is at each call: results of a running sweep come in.

    In its DataFrames axes are columns, named as in SQL: an everyday setting by its column (`cell`, `learning_rate`,
    `seed`, …), any other by its path in the manifest ("system", "cell.heads").
    """

    def __init__(self, store, name):
        self.store, self.name = store, name

    def __repr__(self):
        return f"unroll.open({self.store.file!r}).experiment({self.name!r})"

    about = property(lambda self: self._read().about, doc="What its manifest says it is about.")
    metric = property(lambda self: self._read().metric, doc="What it compares, SPLIT/NAME as in 'test/loss'.")
    goal = property(lambda self: self._read().goal, doc="'min' or 'max': what is best of the metric.")
    by = property(lambda self: self._read().by, doc="Axes that `compare` groups by.")
    best = property(lambda self: self._read().best, doc="Axes of which `compare` shows the best value.")
    axes = property(
        lambda self: {axis.name: axis.column for axis in self._read().axes},
        doc="Its axes, in the manifest's order: paths in the manifest, each with its column in DataFrames.",
    )
    manifest = property(lambda self: self._read().manifest, doc="The text of its manifest.")

    def result(self):
        """A row per trial that the manifest has, in its order. Index: `trial_id`.

        Columns: the axes, then those of SQL's view `result`: status, losses and accuracies of finished trials (NaN for
        others), parameters, seconds, config (JSON), … dtypes are int64 or Int64, float64, datetime64[ns, UTC] for
        created_at and ended_at, and object for texts.
        """
        with self.store.reading() as reading:
            facts = self._facts(reading)
            cursor = reading.execute("SELECT * FROM result WHERE experiment = ? ORDER BY place", (self.name,))
            columns = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            kinds = {"trial_id": "whole", **kinds_of(reading, "trial")}
        made = frame(columns, rows, kinds)
        texts = made["axes"]
        return self._with_axes(made.drop(columns=list(_HIDDEN)), facts.axes, texts).set_index("trial_id")

    def trials(self):
        """How far each trial is, those that its manifest no longer has (`former`) last. Index: `trial_id`.

        Columns: the axes; status; step, the last one reached; steps, of the whole trial; the last value of the
        experiment's metric under its name (NaN unless finished); ended_at; error (None: none); former; fingerprint.
        """
        with self.store.reading() as reading:
            facts = self._facts(reading)
            rows = reading.execute(
                "SELECT trial.id, axes, status, ifnull(step, 0), steps, iif(status = 'finished', (SELECT value"
                "  FROM point JOIN series ON series.id = series_id"
                "  WHERE point.trial_id = trial.id AND split || '/' || series.name = ? ORDER BY step DESC LIMIT 1), NULL),"
                " ended_at, error, current, fingerprint"
                " FROM membership JOIN experiment ON experiment.id = experiment_id JOIN trial ON trial.id = trial_id"
                " WHERE experiment.name = ? ORDER BY current DESC, place, trial.id",
                (facts.metric, self.name),
            ).fetchall()
        columns = [
            "trial_id",
            "axes",
            "status",
            "step",
            "steps",
            facts.metric,
            "ended_at",
            "error",
            "current",
            "fingerprint",
        ]
        kinds = dict.fromkeys(("trial_id", "step", "steps"), "whole")
        made = frame(columns, rows, {**kinds, facts.metric: "real", "ended_at": "time", "current": "whole"})
        made.insert(made.columns.get_loc("fingerprint"), "former", made.pop("current") == 0)
        return self._with_axes(made, facts.axes, made.pop("axes")).set_index("trial_id")

    def samples(self):
        """A row per generated text, answer or image of the manifest's trials. Index: `sample_id`.

        Columns: trial_id; the axes; then those of SQL's table `sample`: step, sampler, temperature, prompt, text,
        target, correct, image (bytes of a PNG file), known_word_rate, … A name that `sample` has itself (`seed`: of
        the text) stays that; the axis is then "axes.NAME" ("axes.seed": of the trial).
        """
        with self.store.reading() as reading:
            facts = self._facts(reading)
            cursor = reading.execute(
                "SELECT membership.axes AS axes, sample.* FROM sample JOIN membership USING (trial_id)"
                " JOIN experiment ON experiment.id = experiment_id WHERE experiment.name = ? AND current"
                " ORDER BY place, step, sample.id",
                (self.name,),
            )
            columns = ["sample_id" if column[0] == "id" else column[0] for column in cursor.description]
            kinds = {**kinds_of(reading, "sample"), "sample_id": "whole", "correct": "optional truth"}
            made = frame(columns, cursor.fetchall(), kinds)
        trial_id, sample_id = made.pop("trial_id"), made.pop("sample_id")
        made = self._with_axes(made, facts.axes, made.pop("axes"), own=kinds)
        made.insert(0, "trial_id", trial_id)
        return made.set_index(sample_id)

    def points(self, metric=None):
        """Every recorded value of a metric: a row per trial and step. RangeIndex.

        Columns: trial_id, the axes, step, epoch, seconds (of training until then), value.
        metric: SPLIT/NAME (default: as of curve()). Raises Error for a metric that no trial has.
        """
        with self.store.reading() as reading:
            facts = self._facts(reading)
            points = self._points(reading, metric or choice.curve_metric(facts, self._known(reading)))
            rows = reading.execute(
                "SELECT trial_id, axes FROM result WHERE experiment = ? ORDER BY place", (self.name,)
            ).fetchall()
        trials = frame(["trial_id", "axes"], rows, {"trial_id": "whole"})
        texts = dict(zip(trials["trial_id"], trials["axes"]))
        trial_id = points.pop("trial_id")
        made = self._with_axes(points, facts.axes, trial_id.map(texts), own=list(points.columns))
        made.insert(0, "trial_id", trial_id)
        return made

    def curve(self, metric=None, by=None):
        """Learning curves of groups of trials, as `unroll curve EXPERIMENT` tells them: a `Curve`, a DataFrame whose
        plot() draws it. RangeIndex.

        Columns: those of `by`; step; epoch and seconds (means); n, mean, sd, low, high: of the trials that have a value
        at this step; low to high is the 95% confidence interval of the mean (Student's t; NaN for n = 1).
        metric: SPLIT/NAME (default: the experiment's; for one of the test split, which is measured once, that of the
        validation split). by: an axis, a column of `result` or a path of the config, or a
        list of them (default: the manifest's); "trial_id" gives each trial's own curve. Of axes in `best` that are not
        in `by`, each group has the best value, chosen as `compare` chooses it. Groups of finished trials leave others
        out.
        """
        by = [by] if isinstance(by, str) else by
        with self.store.reading() as reading:
            facts = self._facts(reading)
            known = self._known(reading)
            metric = metric or choice.curve_metric(facts, known)
            groups = choice.groups(self._members(reading), facts, facts.metric, by, known)
            points = self._points(reading, metric)
        return curve.of_groups(groups, points, metric, self.name)

    def compare(self, by=None, metric=None, goal=None):
        """What `unroll compare` says, by the program: a `Comparison`, a DataFrame whose plot() draws it. RangeIndex.

        Columns: those of `by`; "best NAME" for each axis in `best`; parameters; trials; n, mean, sd, low, high; diff,
        diff_low, diff_high: from the first of the block, paired by seed; best: whether it is better than all others;
        unfinished, diverged, failed. Its attribute `notes` lists what may mislead.
        by, metric, goal: as the options of `unroll compare`. Raises Error with the program's message, or for want
        of a program.
        """
        by = [by] if isinstance(by, str) else by
        facts = self._read()
        return comparison.by_program(self.store, self.name, facts, by, metric, goal)

    # ---- What the methods share --------------------------------------------------------------------------------------

    def _read(self):
        with self.store.reading() as reading:
            return self._facts(reading)

    def _facts(self, reading):
        row = reading.execute(
            "SELECT about, metric, goal, compare_by, compare_best, manifest FROM experiment WHERE name = ?",
            (self.name,),
        ).fetchone()
        if row is None:
            raise Error(self.store.file, f"no experiment '{self.name}'", "an experiment that is still in the store")
        about, metric, goal, by, best, manifest = row
        objects = reading.execute("SELECT axes FROM result WHERE experiment = ? ORDER BY place", (self.name,))
        taken = [column[1] for column in reading.execute("PRAGMA table_info(result)")]
        axes = axes_in([json.loads(text) for (text,) in objects], taken)
        return Facts(about, metric, goal, json.loads(by), json.loads(best), axes, manifest)

    @staticmethod
    def _with_axes(made, axes, texts, own=()):
        """The frame with the axes as its first columns. `own`: columns of the frame that mean something else, whatever
        their name; any other column of an axis' name is that axis, and moves."""
        objects = [json.loads(text) for text in texts]
        for place, axis in enumerate(axes):
            values = frame([axis.name], [(axis.of(settings),) for settings in objects])[axis.name]
            name = axis.column
            if name in made.columns and name not in own:
                values = made.pop(name)
            while name in made.columns:
                name = "axes." + name
            made.insert(place, name, values.array)
        return made

    def _members(self, reading):
        """The current trials as dicts of `result`'s columns, with `axes` and `config` parsed."""
        cursor = reading.execute("SELECT * FROM result WHERE experiment = ? ORDER BY place", (self.name,))
        names = [column[0] for column in cursor.description]
        members = [dict(zip(names, row)) for row in cursor]
        for member in members:
            member["axes"], member["config"] = json.loads(member["axes"]), json.loads(member["config"])
        return members

    def _known(self, reading):
        """The last values of every metric: SPLIT/NAME to {trial_id: value}."""
        known = {}
        for series, trial_id, value in reading.execute(
            "SELECT split || '/' || series.name, result.trial_id, (SELECT value FROM point WHERE"
            " point.trial_id = result.trial_id AND series_id = series.id ORDER BY point.step DESC LIMIT 1) AS last"
            " FROM result CROSS JOIN series WHERE experiment = ? AND last IS NOT NULL",
            (self.name,),
        ):
            known.setdefault(series, {})[trial_id] = value
        return known

    def _points(self, reading, metric):
        split, slash, name = metric.partition("/")
        if not (split and slash and name):
            raise Error("metric", f"'{metric}'", "SPLIT/NAME, as in validation/loss")
        rows = reading.execute(
            "SELECT trial_id, step, step * 1.0 / steps_per_epoch, seconds, value FROM (SELECT trial_id,"
            " steps_per_epoch, place FROM result WHERE experiment = ?) JOIN (SELECT point.trial_id, point.step,"
            " point.seconds, value FROM point JOIN series ON series.id = series_id WHERE split = ? AND name = ?)"
            " USING (trial_id) ORDER BY place, step",
            (self.name, split, name),
        ).fetchall()
        if not rows:
            known = sorted(self._known(reading))
            raise Error(
                f"experiment '{self.name}'",
                f"no metric '{metric}'",
                "one of: " + (", ".join(known) or "none yet"),
                suggestion(metric, known, "run its manifest first" if not known else "choose one of these"),
            )
        kinds = {"trial_id": "whole", "step": "whole", "epoch": "real", "seconds": "real", "value": "real"}
        return frame(list(kinds), rows, kinds)
