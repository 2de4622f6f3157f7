"""The DataFrames of an experiment: columns, dtypes, index, and that they say what the program says."""

import csv
import io
import json
import unittest

import numpy
import pandas

import small
from unroll import interval, program


def said(*words):
    """What the program prints as JSON."""
    out, _ = program.output([*words, "--db", small.store().file, "--format", "json"])
    return json.loads(out)


class Result(unittest.TestCase):
    def test_a_row_per_trial_with_axes_first(self):
        result = small.experiment().result()
        self.assertEqual(result.index.name, "trial_id")
        self.assertEqual(list(result.columns[:3]), ["system", "learning_rate", "seed"])
        self.assertEqual(len(result), 8)
        self.assertEqual(list(result["system"].unique()), ["simple", "gated"])
        self.assertTrue((result["status"] == "finished").all())

    def test_says_what_sql_says(self):
        result = small.experiment().result()
        rows = said(
            "sql", "SELECT trial_id, test_loss, cell, step FROM result WHERE experiment = 'small' ORDER BY place"
        )
        self.assertEqual(list(result.index), [row["trial_id"] for row in rows])
        for name in ("test_loss", "cell", "step"):
            self.assertEqual(list(result[name]), [row[name] for row in rows])

    def test_dtypes_do_not_depend_on_the_rows(self):
        dtypes = small.experiment().result().dtypes.astype(str)
        self.assertEqual(dtypes["seed"], "int64")
        self.assertEqual(dtypes["step"], "Int64")
        self.assertEqual(dtypes["diverged_step"], "Int64")
        self.assertEqual(dtypes["test_loss"], "float64")
        self.assertEqual(dtypes["test_accuracy"], "float64")
        self.assertEqual(dtypes["ended_at"], "datetime64[ns, UTC]")
        self.assertEqual(dtypes["error"], "object")

    def test_settings_are_in_config(self):
        config = json.loads(small.experiment().result()["config"].iloc[0])
        self.assertEqual(config["training"]["steps"], 20)

    def test_goes_to_csv_and_back(self):
        result = small.experiment().result()
        again = pandas.read_csv(io.StringIO(result.to_csv()), index_col="trial_id", float_precision="round_trip")
        self.assertEqual(list(again["test_loss"]), list(result["test_loss"]))
        self.assertEqual(len(next(csv.reader(io.StringIO(result.to_csv())))), len(result.columns) + 1)


class Others(unittest.TestCase):
    def test_experiments(self):
        experiments = small.store().experiments()
        (listed,) = said("list")
        self.assertEqual(list(experiments.index), ["small"])
        row = experiments.loc["small"]
        for name in (
            "trials",
            "finished",
            "diverged",
            "failed",
            "running",
            "interrupted",
            "queued",
            "former",
            "metric",
            "best",
        ):
            self.assertEqual(row[name], listed[name], name)
        self.assertEqual(row["about"], "two small cells")
        self.assertEqual(str(experiments["last_run"].dtype), "datetime64[ns, UTC]")

    def test_trials(self):
        trials = small.experiment().trials()
        listed = said("list", "small")
        self.assertEqual(list(trials.index), [row["trial"] for row in listed])
        for name in ("status", "step", "steps", "test/loss", "fingerprint"):
            self.assertEqual(list(trials[name]), [row[name] for row in listed], name)
        self.assertEqual(str(trials["former"].dtype), "bool")
        self.assertFalse(trials["former"].any())

    def test_samples(self):
        samples = small.experiment().samples()
        rows = said("sql", "SELECT id, trial_id, text, temperature FROM sample ORDER BY id")
        self.assertEqual(samples.index.name, "sample_id")
        self.assertEqual(list(samples.columns[:4]), ["trial_id", "system", "learning_rate", "axes.seed"])
        in_order = samples.sort_index()
        self.assertEqual(list(in_order["text"]), [row["text"] for row in rows])
        self.assertEqual(list(in_order["temperature"]), [row["temperature"] for row in rows])
        self.assertEqual(str(samples["correct"].dtype), "boolean")
        by_trial = small.experiment().result()["seed"]
        self.assertEqual(list(samples["axes.seed"]), list(by_trial.loc[samples["trial_id"]]))

    def test_points(self):
        points = small.experiment().points("train/loss")
        rows = said(
            "sql",
            "SELECT trial_id, step, epoch, value FROM curve"
            " WHERE split = 'train' AND name = 'loss' ORDER BY place, step",
        )
        self.assertEqual(list(points.columns[:4]), ["trial_id", "system", "learning_rate", "seed"])
        for name in ("trial_id", "step", "epoch", "value"):
            self.assertEqual(list(points[name]), [row[name] for row in rows], name)

    def test_facts(self):
        experiment = small.experiment()
        self.assertEqual((experiment.metric, experiment.goal), ("test/loss", "min"))
        self.assertEqual(experiment.best, ["training.optimizer.learning_rate"])
        self.assertEqual(
            experiment.axes,
            {"system": "system", "training.optimizer.learning_rate": "learning_rate", "seed": "seed"},
        )
        self.assertEqual(json.loads(experiment.manifest)["about"], "two small cells")


class Curves(unittest.TestCase):
    def same_as_the_program(self, curve, *words):
        rows = said("curve", "small", *words)
        self.assertGreater(len(rows), 1)
        self.assertEqual(len(curve), len(rows))
        for name in curve.columns:
            expected = [row[name] for row in rows]
            if isinstance(expected[0], str):
                self.assertEqual(list(curve[name]), expected)
            else:
                numpy.testing.assert_allclose(
                    curve[name].astype(float), numpy.array(expected, dtype=float), rtol=1e-12, err_msg=name
                )

    def test_as_the_program_tells_them(self):
        experiment = small.experiment()
        self.same_as_the_program(experiment.curve("train/loss"), "--metric", "train/loss")
        self.same_as_the_program(experiment.curve("validation/loss"), "--metric", "validation/loss")
        self.same_as_the_program(experiment.curve("validation/accuracy"), "--metric", "validation/accuracy")
        self.same_as_the_program(
            experiment.curve("train/loss", by="cell.plugin"), "--metric", "train/loss", "--by", "cell.plugin"
        )
        self.same_as_the_program(
            experiment.curve("train/loss", by=["training.optimizer.learning_rate", "hidden"]),
            "--metric",
            "train/loss",
            "--by",
            "training.optimizer.learning_rate",
            "--by",
            "hidden",
        )

    def test_a_test_metric_is_followed_on_validation(self):
        curve = small.experiment().curve()
        self.assertEqual(curve.metric, "validation/loss")
        self.assertEqual(curve.by, ["system"])
        self.assertEqual(sorted(curve["step"].unique()), [5, 10, 15, 20])
        self.assertTrue((curve["n"] == 2).all())

    def test_each_trial_by_itself(self):
        curve = small.experiment().curve("train/loss", by="trial_id")
        self.assertEqual(set(curve["trial_id"]), set(small.experiment().result().index))
        self.assertTrue(curve["sd"].isna().all())

    def test_a_part_of_a_curve_is_a_curve(self):
        curve = small.experiment().curve()
        part = curve[curve["step"] > 5]
        self.assertIs(type(part), type(curve))
        self.assertEqual(part.by, ["system"])

    def test_students_t(self):
        # Abramowitz and Stegun, table 26.10
        for degrees, t in ((1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (120, 1.980)):
            self.assertAlmostEqual(interval.quantile(degrees), t, places=3)


class Comparisons(unittest.TestCase):
    def test_as_the_program_tells_them(self):
        comparison = small.experiment().compare()
        rows = said("compare", "small")
        self.assertEqual(list(comparison.columns), list(rows[0]))
        self.assertEqual(list(comparison["mean"]), [row["mean"] for row in rows])
        self.assertEqual(list(comparison["best"]), [row["best"] == "*" for row in rows])
        self.assertTrue(numpy.isnan(comparison["diff"].iloc[0]))
        self.assertEqual((comparison.by, comparison.best_of), (["system"], ["best learning_rate"]))
        self.assertEqual(str(comparison["n"].dtype), "int64")
        self.assertTrue(comparison.notes)

    def test_by_metric_and_goal_are_passed_on(self):
        comparison = small.experiment().compare(by=["cell.plugin", "seed"], metric="train/loss", goal="max")
        rows = said(
            "compare", "small", "--by", "cell.plugin", "--by", "seed", "--metric", "train/loss", "--goal", "max"
        )
        self.assertEqual(list(comparison["mean"]), [row["mean"] for row in rows])
        self.assertEqual(comparison.by, ["cell.plugin", "seed"])


class Queries(unittest.TestCase):
    def test_dtypes_by_values(self):
        made = small.store().sql(
            "SELECT 1 AS whole, 1.5 AS real, 'a' AS text, NULL AS none UNION ALL SELECT NULL, 2, 'b', NULL"
        )
        self.assertEqual([str(dtype) for dtype in made.dtypes], ["Int64", "float64", "object", "object"])

    def test_functions_of_the_program(self):
        query = "SELECT median(test_loss) AS median, stddev(test_loss) AS sd, median(NULL) AS none FROM result"
        (row,) = said("sql", query)
        made = small.store().sql(query).iloc[0]
        self.assertAlmostEqual(made["median"], row["median"], places=14)
        self.assertAlmostEqual(made["sd"], row["sd"], places=14)
        self.assertIsNone(row["none"])

    def test_parameters_and_names_that_occur_again(self):
        made = small.store().sql("SELECT ?, ?", (3, "x"))
        self.assertEqual(list(made.iloc[0]), [3, "x"])
        self.assertEqual(list(small.store().sql("SELECT 1 AS a, 2 AS a").columns), ["a", "a:2"])


if __name__ == "__main__":
    unittest.main()
