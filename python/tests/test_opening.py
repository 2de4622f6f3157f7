"""Opening stores: what is refused and how, read-only folders, a sweep that is running."""

import multiprocessing
import os
import shutil
import sqlite3
import threading
import unittest

import small
import unroll
from unroll import connection, program

NOBODY = 65534


def refusal(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except unroll.Error as error:
        return error
    raise AssertionError("nothing was refused")


def copy():
    """A copy of the small store, in WAL mode, its folder left as a reader must take it."""
    file = small.folder() / "copy.db"
    shutil.copy(small.store().file, file)
    return file


def as_nobody(answers, file):
    if os.getuid() == 0:
        os.setuid(NOBODY)
    try:
        answers.put(len(unroll.open(file).experiment("small").result()))
    except unroll.Error as error:
        answers.put(str(error))


def read_as_nobody(file):
    """What somebody who may not write beside the file reads: the number of trials, or the error."""
    answers = multiprocessing.Queue()
    reader = multiprocessing.Process(target=as_nobody, args=(answers, file))
    reader.start()
    answer = answers.get(timeout=60)
    reader.join()
    return answer


class Refusals(unittest.TestCase):
    def test_what_is_no_store(self):
        folder = small.folder()
        error = refusal(unroll.open, folder / "none.db")
        self.assertEqual((error.found, error.expected), ("no such file", "a result store"))
        (folder / "text.db").write_text("no database, but long enough to be looked at as one " * 20)
        self.assertEqual(refusal(unroll.open, folder / "text.db").found, "not a database")
        (folder / "empty.db").write_bytes(b"")
        self.assertEqual(refusal(unroll.open, folder / "empty.db").found, "an empty file")
        with sqlite3.connect(folder / "other.db") as other:
            other.execute("CREATE TABLE mine (x)")
        other.close()
        self.assertEqual(refusal(unroll.open, folder / "other.db").found, "an SQLite file of another program")

    def test_other_versions(self):
        file = copy()
        for version, help in (
            (connection.NEWEST_VERSION + 1, "pip install ./python"),
            (1, "brings the file up to date"),
        ):
            changed = sqlite3.connect(file)
            changed.execute(f"PRAGMA user_version = {version}")
            changed.close()
            error = refusal(unroll.open, file)
            self.assertEqual(error.found, f"a result store of version {version}")
            self.assertIn(help, error.help)

    def test_the_program_writes_the_newest_version_that_is_read(self):
        version = small.store().sql("PRAGMA user_version").iloc[0, 0]
        self.assertEqual(version, connection.NEWEST_VERSION)

    def test_an_experiment_that_is_not_there(self):
        error = refusal(small.store().experiment, "smal")
        self.assertEqual((error.found, error.expected), ("no experiment 'smal'", "one of: small"))
        self.assertEqual(error.help, 'did you mean "small"?')

    def test_a_metric_or_an_axis_that_is_not_there(self):
        experiment = small.experiment()
        self.assertIn("validation/loss", refusal(experiment.curve, "validation/lss").help)
        self.assertIn("SPLIT/NAME", refusal(experiment.curve, "loss").expected)
        self.assertIn("no axis 'sistem'", refusal(experiment.curve, by="sistem").found)
        self.assertIn("no axis 'sistem'", str(refusal(experiment.compare, by="sistem")))

    def test_no_program(self):
        store = unroll.open(small.store().file, program="/nowhere/unroll")
        error = refusal(store.experiment("small").compare)
        self.assertEqual((error.where, error.found), ("program", "no program '/nowhere/unroll'"))
        self.assertIn("UNROLL", error.help)

    def test_queries_that_do_more_than_read(self):
        folder = small.folder()
        for query in (
            "DELETE FROM trial", "UPDATE trial SET seed = 1", "DROP TABLE trial", "COMMIT",
            f"ATTACH '{folder}/new.db' AS other", "PRAGMA journal_mode = DELETE", "VACUUM",
            "CREATE TEMP TABLE t (x)", "SELECT load_extension('x')",
        ):  # fmt: skip
            error = refusal(small.store().sql, query)
            self.assertRegex(str(error), "not allowed|load_extension|VACUUM", query)
        self.assertEqual(os.listdir(folder), [])
        self.assertEqual(refusal(small.store().sql, "SELECT 1; SELECT 2").found, "a second statement")
        self.assertIn("no such column", refusal(small.store().sql, "SELECT nope FROM trial").found)
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n"
        self.assertIn("timed out", refusal(small.store().sql, endless, timeout=0.2).found)


class ReadOnly(unittest.TestCase):
    def test_a_folder_that_cannot_be_written(self):
        file = copy()
        wal = sqlite3.connect(file)  # as a run leaves it that somebody was reading beside
        wal.execute("PRAGMA journal_mode = WAL")
        wal.close()
        os.chmod(file, 0o444)
        os.chmod(file.parent, 0o555)
        self.assertEqual(read_as_nobody(file), 8)
        os.chmod(file.parent, 0o755)
        (file.parent / "copy.db-wal").write_bytes(b"something")
        os.chmod(file.parent, 0o555)
        self.assertIn("-wal file, which cannot be merged in a read-only folder", read_as_nobody(file))
        os.chmod(file.parent, 0o755)

    def test_names_that_a_uri_would_misread(self):
        file = small.folder() / "50% of #1?.db"
        shutil.copy(small.store().file, file)
        self.assertEqual(len(unroll.open(file).experiments()), 1)


class WhileASweepRuns(unittest.TestCase):
    def test_each_call_sees_what_is_there_and_holds_nothing(self):
        file = small.folder() / "live.db"
        longer = small.manifest(name="live")
        longer["training"] = {**longer["training"], "steps": 600}
        seen, problems = [], []

        def read():
            while not done.is_set():
                try:
                    seen.append(len(unroll.open(file).experiment("live").points("train/loss")))
                except unroll.Error as error:
                    if error.found not in ("no such file", "an empty file") and "no " not in error.found:
                        problems.append(str(error))

        done = threading.Event()
        reader = threading.Thread(target=read)
        reader.start()
        try:
            experiment = unroll.run(longer, db=file, progress=False)
        finally:
            done.set()
            reader.join()
        self.assertEqual(problems, [])
        self.assertEqual(seen, sorted(seen))
        self.assertGreater(len(set(seen)), 1, "no reading fell into the run")
        self.assertEqual(set(experiment.result()["status"]), {"finished"})
        with open(file, "rb") as database:  # bytes 18 and 19 of the header: 1 for a rollback journal, 2 for a WAL
            self.assertIn(database.read(20)[18], (1, 2))
        program.output(["list", "--db", str(file)])


if __name__ == "__main__":
    unittest.main()
