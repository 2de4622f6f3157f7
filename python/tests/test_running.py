"""unroll.run: what it returns, what it raises, Ctrl-C, and how it shows the program's progress."""

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

import numpy

import small
import unroll
from unroll import progress
from unroll.screen import Screen


def written(folder, manifest):
    file = folder / f"{manifest['name']}.json"
    file.write_text(json.dumps(manifest))
    return file


class Runs(unittest.TestCase):
    def setUp(self):
        small.store()
        self.folder = small.folder()
        self.db = self.folder / "run.db"
        before = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, before)

    def run_small(self, **options):
        return unroll.run(small.manifest(), db=self.db, progress=False, **options)

    def test_a_dict_and_its_results(self):
        experiment = self.run_small()
        self.assertEqual(experiment.name, "small")
        self.assertEqual(len(experiment.result()), 8)
        others = [name for name in os.listdir(".") if not name.startswith("run.db")]
        self.assertEqual(others, [], "the manifest's file was left")

    def test_the_same_dict_again_trains_nothing(self):
        ended = self.run_small().result()["ended_at"]
        self.assertEqual(list(self.run_small().result()["ended_at"]), list(ended))

    def test_a_file_and_several(self):
        one = written(self.folder, small.manifest(name="one"))
        two = written(self.folder, small.manifest(name="two"))
        self.assertEqual(unroll.run(one, db=self.db, progress=False).name, "one")
        self.assertEqual(
            [each.name for each in unroll.run([two, str(one)], db=self.db, progress=False)], ["two", "one"]
        )

    def test_options(self):
        self.assertEqual(self.run_small(as_="other", jobs=1).name, "other")
        changed = self.run_small(set={"training.steps": numpy.int64(10), "cell.hidden": 4})
        self.assertRegex(changed.name, r"^small\+[0-9a-f]{4}$")
        self.assertEqual(set(changed.result()["steps"]), {10})
        self.assertEqual(set(changed.result()["hidden"]), {4})

    def test_an_invalid_manifest_is_told_in_the_programs_words(self):
        wrong = small.manifest(training={"sequence_lenght": 8})
        with self.assertRaises(unroll.Error) as raised:
            unroll.run(wrong, db=self.db, progress=False)
        self.assertNotIsInstance(raised.exception, unroll.Unmet)
        self.assertIn("sequence_lenght", str(raised.exception))
        self.assertIn("expected:", str(raised.exception))
        self.assertFalse(self.db.exists())
        self.assertEqual(os.listdir("."), [])

    def test_what_is_not_json_is_refused(self):
        with self.assertRaises(unroll.Error) as raised:
            unroll.run(small.manifest(seed={1, 2}), db=self.db)
        self.assertIn("a set", str(raised.exception))
        with self.assertRaises(unroll.Error):
            unroll.run(small.manifest(seed=float("nan")), db=self.db)

    def test_an_expectation_that_does_not_hold(self):
        unmet = small.manifest(expect={"nothing is learned": "SELECT 0"})
        with self.assertRaises(unroll.Unmet) as raised:
            unroll.run(unmet, db=self.db, progress=False)
        self.assertIn("✗ small: nothing is learned", str(raised.exception))
        self.assertEqual(len(raised.exception.experiments[0].result()), 8)
        self.assertEqual(unroll.run(unmet, db=self.db, progress=False, check=False).name, "small")

    def test_progress_is_told_line_by_line_in_a_pipe(self):
        with contextlib.redirect_stderr(io.StringIO()) as told:
            unroll.run(small.manifest(), db=self.db)
        self.assertIn("8 to train", told.getvalue())
        self.assertIn("[8/8]", told.getvalue())
        self.assertIn("gated", told.getvalue().split("[8/8]")[1], "no comparison at the end")
        self.assertNotIn("\x1b", told.getvalue())

    def test_progress_is_drawn_in_place_in_a_notebook(self):
        display = mock.Mock()
        with mock.patch.object(progress, "_shower", lambda: notebook(display)):
            longer = small.manifest()
            longer["training"] = {**longer["training"], "steps": 1000}
            unroll.run(longer, db=self.db)
        shown = [call.args[0]["text/plain"] for call in display.update.call_args_list]
        self.assertTrue(any(" done" in text and "step " in text for text in shown[:-1]), shown)
        self.assertIn("[8/8]", shown[-1])
        self.assertNotIn("step ", shown[-1].splitlines()[-1])
        self.assertNotIn("\x1b", "".join(shown))


def notebook(display):
    with mock.patch.dict(
        sys.modules, {"IPython": mock.Mock(), "IPython.display": mock.Mock(display=lambda *_, **__: display)}
    ):
        return progress._Notebook()


SCRIPT = """
import sys; sys.path[:0] = {path!r}
import small, unroll
manifest = small.manifest(name="long")
manifest["training"] = dict(manifest["training"], steps=1000000, evaluate_every=1000, log_every=1000)
try:
    unroll.run(manifest, db={db!r}, jobs=2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


class Interrupts(unittest.TestCase):
    def setUp(self):
        small.store()
        self.folder = small.folder()
        self.db = str(self.folder / "long.db")

    def begin(self, **options):
        script = SCRIPT.format(path=sys.path, db=self.db)
        process = subprocess.Popen([sys.executable, "-c", script], cwd=self.folder, stdout=subprocess.PIPE, **options)
        self.addCleanup(process.kill)
        self.wait(lambda: len(self.running()) == 2, process)
        return process

    def running(self):
        try:
            rows = unroll.open(self.db).sql(
                "SELECT trial_id FROM attempt JOIN point USING (trial_id) WHERE outcome = 'running' GROUP BY 1"
            )
        except unroll.Error:
            return []
        return list(rows["trial_id"])

    def wait(self, holds, process):
        end = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), end, "this did not happen within a minute")
            time.sleep(0.02)

    def outcomes(self):
        trials = unroll.open(self.db).experiment("long").trials()
        return list(trials.loc[trials["step"] > 0, "status"])

    def checkpoints(self):
        return unroll.open(self.db).sql("SELECT count(*) FROM checkpoint WHERE is_last").iloc[0, 0]

    def test_ctrl_c_writes_checkpoints(self):
        process = self.begin(stderr=subprocess.DEVNULL)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(out, b"interrupted\n")
        self.assertEqual(self.outcomes(), ["interrupted", "interrupted"])
        self.assertEqual(self.checkpoints(), 2)

    def test_ctrl_c_of_a_terminal_reaches_the_program_once(self):
        # A terminal sends SIGINT to its whole foreground group; a second one would end the program without checkpoints.
        terminal, inner = pty.openpty()
        process = self.begin(stderr=inner, stdin=inner, start_new_session=True, preexec_fn=lambda: take_terminal(0))
        os.close(inner)
        drawn = []
        reader = threading.Thread(target=lambda: drain(terminal, drawn), daemon=True)
        reader.start()
        os.write(terminal, b"\x03")
        out, _ = process.communicate(timeout=60)
        self.assertEqual(out, b"interrupted\n")
        self.assertEqual(self.outcomes(), ["interrupted", "interrupted"])
        self.assertEqual(self.checkpoints(), 2)
        self.assertIn(b"0 of 8 done", b"".join(drawn))

    def test_the_sweep_ends_with_the_notebook(self):
        process = self.begin(stderr=subprocess.DEVNULL)
        process.kill()
        process.wait()

        def is_free():
            try:
                unroll.run(small.manifest(name="next"), db=self.db, progress=False)
            except unroll.Error as error:
                self.assertIn("in use", str(error))
                return False
            return True

        self.wait(is_free, process)


def take_terminal(file):
    import fcntl
    import termios

    fcntl.ioctl(file, termios.TIOCSCTTY, 0)


def drain(file, into):
    with contextlib.suppress(OSError):
        while data := os.read(file, 4096):
            into.append(data)


class Screens(unittest.TestCase):
    def screen(self, *texts):
        screen = Screen()
        for text in texts:
            screen.write(text)
        return str(screen)

    def test_lines_are_drawn_over(self):
        drawn = self.screen("done 1\n", "a 1\nb 1\n", "\x1b[2A\x1b[Ja 2\nb 2\n", "\x1b[2A\x1b[Jdone 2\n", "a 3\n")
        self.assertEqual(drawn, "done 1\ndone 2\na 3")

    def test_a_tail_counts_what_it_leaves_out(self):
        screen = Screen()
        screen.write("a\nb\nc\nd\n")
        self.assertEqual(screen.tail(4), "a\nb\nc\nd")
        self.assertEqual(screen.tail(2), "… 2 earlier lines\nc\nd")

    def test_sequences_may_be_cut_anywhere(self):
        text = "one\r\ntwo\n\x1b[1A\x1b[J\x1b[31mred\x1b[0m\n"
        for cut in range(len(text)):
            self.assertEqual(self.screen(text[:cut], text[cut:]), "one\nred", cut)


if __name__ == "__main__":
    unittest.main()
