"""Programs that read the store without anything of ours: sqlite3, pandas, DuckDB, and any other with SQLite in it."""

import json
import shutil
import sqlite3
import subprocess
import unittest

import pandas

import pip_packages
import small

MEANS = (
    "SELECT cell, avg(test_loss) AS loss, count(*) AS n FROM {} WHERE experiment = 'small' GROUP BY cell ORDER BY cell"
)


def expected():
    return [tuple(row) for row in small.store().sql(MEANS.format("result")).itertuples(index=False)]


def plain():
    """A connection with what SQLite itself has and nothing else."""
    return sqlite3.connect(f"file:{small.store().file}?mode=ro", uri=True)


class PlainSqlite(unittest.TestCase):
    """What DB Browser and any other viewer does with a file: lists the schema, opens every table and view."""

    def objects(self, kind):
        return [name for (name,) in plain().execute("SELECT name FROM sqlite_schema WHERE type = ?", (kind,))]

    def test_the_schema_has_nothing_that_only_our_program_knows(self):
        kinds = {kind for (kind,) in plain().execute("SELECT DISTINCT type FROM sqlite_schema")}
        self.assertEqual(kinds, {"table", "index", "view"})
        virtual = plain().execute("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'").fetchall()
        self.assertEqual(virtual, [])
        self.assertEqual(plain().execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(plain().execute("PRAGMA foreign_key_check").fetchall(), [])

    def test_every_table_and_view_opens(self):
        names = self.objects("table") + self.objects("view")
        self.assertIn("small", names)
        for name in names:
            columns = [row[1] for row in plain().execute(f'PRAGMA table_info("{name}")')]
            rows = plain().execute(f'SELECT * FROM "{name}"')
            self.assertEqual([column[0] for column in rows.description], columns)
            self.assertEqual(len(rows.fetchall()), plain().execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
            for column in columns:  # as a viewer sorts and filters
                plain().execute(
                    f'SELECT * FROM "{name}" WHERE "{column}" LIKE ? ORDER BY "{column}"', ("%a%",)
                ).fetchall()

    def test_the_experiments_view_has_its_axes(self):
        rows = plain().execute('SELECT system, count(*) FROM "small" GROUP BY system').fetchall()
        self.assertEqual(rows, [("gated", 4), ("simple", 4)])


class CommandLine(unittest.TestCase):
    @unittest.skipUnless(shutil.which("sqlite3"), "no sqlite3 (Debian: sqlite3)")
    def test_sqlite3(self):
        query = MEANS.format("result")
        words = ["sqlite3", "-readonly", "-json", small.store().file, query]
        rows = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
        self.assertEqual([tuple(row.values()) for row in rows], expected())
        dump = subprocess.run(["sqlite3", small.store().file, ".dump"], capture_output=True, check=True).stdout.decode()
        again = sqlite3.connect(":memory:")
        again.executescript(dump)
        self.assertEqual(again.execute(query).fetchall(), expected())


class Pandas(unittest.TestCase):
    def test_read_sql(self):
        made = pandas.read_sql(MEANS.format("result"), plain())
        self.assertEqual(list(made.itertuples(index=False, name=None)), expected())
        curve = pandas.read_sql("SELECT * FROM curve WHERE name = 'loss' AND split = 'validation'", plain())
        self.assertEqual(len(curve), 8 * 4)


DUCKDB = """
import json, sys, duckdb
connection = duckdb.connect()
try:
    connection.execute("LOAD sqlite")
except duckdb.Error:
    from duckdb_extensions import import_extension
    import_extension("sqlite_scanner", con=connection)
    connection.execute("LOAD sqlite_scanner")
connection.execute(f"ATTACH '{sys.argv[1]}' AS store (TYPE sqlite, READ_ONLY)")
print(json.dumps([
    connection.execute(sys.argv[2]).fetchall(),
    connection.execute('SELECT system, count(*) FROM store."small" GROUP BY 1 ORDER BY 1').fetchall(),
    connection.execute("SELECT count(*) FROM store.curve").fetchone(),
    connection.execute("SELECT count(step) FROM store.point").fetchone(),
]))
"""


class DuckDB(unittest.TestCase):
    def test_its_sqlite_scanner(self):
        reason = pip_packages.lacks("duckdb", "duckdb_extensions")
        if reason:
            self.skipTest(f"{reason} (packages: duckdb duckdb-extensions duckdb-extension-sqlite-scanner)")
        means, axes, curve, points = json.loads(
            pip_packages.output(DUCKDB, small.store().file, MEANS.format("store.result"))
        )
        self.assertEqual([(cell, n) for cell, _, n in means], [(cell, n) for cell, _, n in expected()])
        for (_, loss, _), (_, other, _) in zip(means, expected()):
            self.assertAlmostEqual(loss, other, places=14)
        self.assertEqual(axes, [["gated", 4], ["simple", 4]])
        for (count,), table in ((curve, "curve"), (points, "point")):
            self.assertEqual(count, plain().execute(f"SELECT count(*) FROM {table}").fetchone()[0])


class Parquet(unittest.TestCase):
    def test_a_result_goes_to_parquet_and_back(self):
        reason = pip_packages.lacks("pyarrow", "pandas", "matplotlib")
        if reason:
            self.skipTest(reason)
        script = """
import sys; sys.path.insert(0, sys.argv[1])
import pandas, unroll
made = unroll.open(sys.argv[2]).experiment("small").result()
made.to_parquet(sys.argv[3])
pandas.testing.assert_frame_equal(pandas.read_parquet(sys.argv[3]), made, check_dtype=False, check_column_type=False)
import pyarrow.parquet
print(pyarrow.parquet.read_schema(sys.argv[3]).field("test_loss").type)
"""
        file = small.folder() / "result.parquet"
        self.assertEqual(pip_packages.output(script, small.ROOT / "python", small.store().file, file), "double\n")


if __name__ == "__main__":
    unittest.main()
