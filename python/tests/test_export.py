"""`unroll export`: files of rows against SQL, event files against a decoder of our own and TensorBoard's reader."""

import functools
import io
import json
import pathlib
import struct
import unittest

import pandas

import event_file
import pip_packages
import small
from unroll import program


def export(*words):
    out, _ = program.output(["export", "small", "--db", small.store().file, *map(str, words)])
    return out


def single(value):
    """As 32 bits hold it."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


@functools.lru_cache(maxsize=None)
def runs():
    """{run: path of its event file} of an export of the small store."""
    folder = small.folder() / "tensorboard"
    export("--tensorboard", folder)
    return {path.parent.name: path for path in sorted((folder / "small").glob("*/*"))}


def points():
    """{(run, tag, step): value} by SQL."""
    rows = small.store().sql(
        "SELECT 'system=' || (axes ->> 'system') || ',learning_rate=' || learning_rate || ',seed=' || seed AS run,"
        " split || '/' || name AS tag, step, value, seconds FROM curve WHERE experiment = 'small'"
    )
    return {(row.run, row.tag, row.step): row.value for row in rows.itertuples()}


class Rows(unittest.TestCase):
    def test_result_as_csv_and_json_lines(self):
        csv = pandas.read_csv(io.StringIO(export()), float_precision="round_trip").set_index("trial_id")
        result = small.experiment().result()
        self.assertEqual(list(csv.columns), list(result.columns))
        self.assertEqual(list(csv["test_loss"]), list(result["test_loss"]))
        self.assertEqual(list(csv["system"]), list(result["system"]))
        lines = [json.loads(line) for line in export("--format", "jsonl").splitlines()]
        self.assertEqual([line["test_loss"] for line in lines], list(result["test_loss"]))
        self.assertEqual(list(lines[0]), ["trial_id", *result.columns])

    def test_curve_and_sample(self):
        curve = pandas.read_csv(io.StringIO(export("--table", "curve")), float_precision="round_trip")
        told = curve[(curve["split"] == "train") & (curve["name"] == "loss")]
        self.assertEqual(list(told["value"]), list(small.experiment().points("train/loss")["value"]))
        file = small.folder() / "samples.jsonl"
        self.assertEqual(export("--table", "sample", "-o", file), "")
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        samples = small.experiment().samples()
        self.assertEqual([line["text"] for line in lines], list(samples["text"]))
        self.assertEqual(list(lines[0])[:5], ["trial_id", "system", "learning_rate", "axes.seed", "sample_id"])


class EventFiles(unittest.TestCase):
    def test_scalars_are_those_of_sql(self):
        found = {}
        for run, path in runs().items():
            for event in event_file.events(path):
                if "scalar" in event:
                    found[run, event["tag"], event["step"]] = event["scalar"]
        self.assertEqual(found, {key: single(value) for key, value in points().items()})
        self.assertEqual(len(runs()), 8)

    def test_texts_are_shown_as_they_are(self):
        for run, path in runs().items():
            told = [text for event in event_file.events(path) if event.get("tag", "").startswith("samples/")
                    for text in event["texts"]]  # fmt: skip
            rate, seed = run.split("learning_rate=")[1].split(",seed=")
            system = run.split(",")[0].split("=")[1]
            samples = small.experiment().samples()
            own = samples[
                (samples["system"] == system)
                & (samples["learning_rate"] == float(rate))
                & (samples["axes.seed"] == int(seed))
            ]
            expected = ["".join("    " + line for line in (prompt + text).splitlines(True))
                        for prompt, text in zip(own["prompt"], own["text"])]  # fmt: skip
            self.assertEqual(
                [text.rstrip(" ") for text in sorted(told)], [text.rstrip(" ") for text in sorted(expected)]
            )
            self.assertTrue(any("temperature at 0.5" in event.get("tag", "") for event in event_file.events(path)))

    def test_settings_groups_and_times(self):
        result = small.experiment().result()
        for path in runs().values():
            all_events = list(event_file.events(path))
            self.assertEqual(all_events[0]["version"], "brain.Event:2")
            (start,) = [event["hparams"] for event in all_events if event.get("tag") == "_hparams_/session_start_info"]
            named, group, began = event_file.settings(start)
            rate = named["training.optimizer.learning_rate"]
            (row,) = result[(result["system"] == named["system"]) & (result["seed"] == named["seed"])
                            & (result["learning_rate"] == rate)].itertuples()  # fmt: skip
            self.assertEqual(named["parameters"], row.parameters)
            self.assertEqual(group, f"system={row.system},learning_rate={row.learning_rate:g}")
            self.assertLess(abs(began - row.created_at.timestamp()), 60)
            (end,) = [event["hparams"] for event in all_events if event.get("tag") == "_hparams_/session_end_info"]
            self.assertEqual(event_file.fields(end[4][0])[1], [1])  # STATUS_SUCCESS
            times = [event["wall_time"] for event in all_events if "scalar" in event]
            self.assertEqual(times, sorted(times))
            self.assertGreaterEqual(times[0], began)


READER = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util
told = {}
for path in sys.argv[1:]:
    events = EventAccumulator(path, size_guidance={"scalars": 0, "tensors": 0}).Reload()
    tags = events.Tags()
    hparams = plugin_data_pb2.HParamsPluginData.FromString(
        events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content).session_start_info
    told[path] = {
        "scalars": [[tag, event.step, event.value] for tag in tags["scalars"] for event in events.Scalars(tag)],
        "texts": [text.decode() for tag in tags["tensors"] if tag.startswith("samples/")
                  for event in events.Tensors(tag) for text in tensor_util.make_ndarray(event.tensor_proto)],
        "settings": {name: value.number_value or value.string_value for name, value in hparams.hparams.items()},
        "group": hparams.group_name,
    }
print(json.dumps(told))
"""


class TensorBoard(unittest.TestCase):
    def test_its_own_reader(self):
        reason = pip_packages.lacks("tensorboard")
        if reason:
            self.skipTest(reason)
        told = json.loads(pip_packages.output(READER, *runs().values()))
        found = {(pathlib.Path(path).parent.name, tag, step): value
                 for path, run in told.items() for tag, step, value in run["scalars"]}  # fmt: skip
        self.assertEqual(found, {key: single(value) for key, value in points().items()})
        ours = [text for path in runs().values() for event in event_file.events(path)
                if event.get("tag", "").startswith("samples/") for text in event["texts"]]  # fmt: skip
        self.assertEqual(sorted(text for run in told.values() for text in run["texts"]), sorted(ours))
        self.assertEqual({run["settings"]["system"] for run in told.values()}, {"simple", "gated"})
        self.assertEqual(len({run["group"] for run in told.values()}), 4)


if __name__ == "__main__":
    unittest.main()
