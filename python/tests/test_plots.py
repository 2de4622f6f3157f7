"""What plot() draws, looked at through matplotlib's own objects."""

import unittest

import matplotlib

matplotlib.use("agg")

import numpy
from matplotlib import pyplot

import small
import unroll


class Plots(unittest.TestCase):
    def tearDown(self):
        pyplot.close("all")

    def test_a_line_and_a_band_for_each_group(self):
        curve = small.experiment().curve()
        ax = curve.plot()
        self.assertEqual([line.get_label() for line in ax.get_lines()], list(curve["system"].unique()))
        for line in ax.get_lines():
            rows = curve[curve["system"] == line.get_label()]
            numpy.testing.assert_array_equal(line.get_xdata(), rows["step"])
            numpy.testing.assert_array_equal(line.get_ydata(), rows["mean"])
        heights = ax.collections[0].get_paths()[0].vertices[:, 1]
        rows = curve[curve["system"] == ax.get_lines()[0].get_label()]
        self.assertAlmostEqual(heights.min(), rows["low"].min())
        self.assertAlmostEqual(heights.max(), rows["high"].max())
        self.assertEqual((ax.get_xlabel(), ax.get_ylabel()), ("step", "validation/loss"))

    def test_options(self):
        curve = small.experiment().curve()
        _, given = pyplot.subplots()
        ax = curve.plot("seconds", band=None, log_x=True, log_y=True, ax=given)
        self.assertIs(ax, given)
        self.assertEqual((ax.get_xscale(), ax.get_yscale(), len(ax.collections)), ("log", "log", 0))
        numpy.testing.assert_array_equal(ax.get_lines()[0].get_xdata(), curve["seconds"][:4])
        deviation = curve.plot(band="sd").collections[0].get_paths()[0].vertices[:, 1]
        first = curve[:4]
        self.assertAlmostEqual(deviation.min(), (first["mean"] - first["sd"]).min())

    def test_further_axes_are_small_multiples(self):
        axes = small.experiment().curve(by=["system", "training.optimizer.learning_rate"]).plot()
        self.assertEqual(
            [ax.get_title() for ax in axes],
            ["training.optimizer.learning_rate 0.01", "training.optimizer.learning_rate 0.02"],
        )
        self.assertEqual([len(ax.get_lines()) for ax in axes], [2, 2])
        colors = [{line.get_label(): line.get_color() for line in ax.get_lines()} for ax in axes]
        self.assertEqual(colors[0], colors[1])

    def test_a_curve_without_groups(self):
        ax = small.experiment().curve(by="task").plot()
        self.assertEqual(len(ax.get_lines()), 1)

    def test_a_comparison(self):
        comparison = small.experiment().compare()
        ax = comparison.plot()
        labels = [label.get_text() for label in ax.get_yticklabels()]
        self.assertEqual(len(labels), 2)
        self.assertTrue(labels[0].startswith(comparison["system"].iloc[0]))
        ends = [line.get_xdata() for line in ax.get_lines() if len(line.get_xdata()) == 2]
        self.assertEqual([tuple(end) for end in ends], list(zip(comparison["low"], comparison["high"])))

    def test_what_cannot_be_drawn(self):
        curve = small.experiment().curve()
        for call, found in (
            (lambda: curve.plot("token"), "'token'"),
            (lambda: curve.plot(band="wide"), "'wide'"),
            (lambda: curve[["step", "mean"]].plot(), "no column 'system'"),
            (lambda: curve[:0].plot(), "a curve without values"),
        ):
            with self.assertRaises(unroll.Error) as raised:
                call()
            self.assertIn(found, raised.exception.found)


if __name__ == "__main__":
    unittest.main()
