"""The notebook and the page of docs/ that show this package, followed as they stand but for shorter training."""

import os
import re
import unittest

import matplotlib

matplotlib.use("agg")

import nbclient
import nbformat

import small

QUICKSTART = 'unroll.run("../experiments/quickstart.json"'
SHORTER = (
    ', db=DATABASE, set={"training.steps": 6, "training.evaluate_every": 3,'
    ' "dataset.path": "../framework/base/*.h", "sampling.length": 20, "match.within": 0.2}'
)


def text_of(output):
    return "".join(output.get("text", "")) or "".join(output.get("data", {}).get("text/plain", ""))


class Notebook(unittest.TestCase):
    def test_every_cell_runs(self):
        notebook = nbformat.read(small.ROOT / "docs/notebook.ipynb", as_version=4)
        self.assertEqual([cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.outputs], [])
        (run,) = [cell for cell in notebook.cells if QUICKSTART in cell.source]
        shorter = SHORTER.replace("DATABASE", repr(str(small.folder() / "notebook.db")))
        run.source = run.source.replace(QUICKSTART, QUICKSTART + shorter)
        client = nbclient.NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(small.ROOT / "docs")}}
        )
        client.execute()
        progress = "".join(map(text_of, run.outputs))
        self.assertIn("[36/36]", progress)
        self.assertIn("36 trained", progress)
        self.assertNotIn("\x1b", progress)
        pictures = [
            output
            for cell in notebook.cells
            for output in cell.get("outputs", ())
            if "image/png" in output.get("data", {})
        ]
        self.assertEqual(len(pictures), 2)
        tables = [
            output
            for cell in notebook.cells
            for output in cell.get("outputs", ())
            if "text/html" in output.get("data", {})
        ]
        self.assertEqual(len(tables), 4)
        for system in ("rnn", "lstm", "gru", "attention"):
            self.assertIn(system, text_of(tables[0]))


class Page(unittest.TestCase):
    def test_its_python_runs(self):
        page = (small.ROOT / "docs/python.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 3)
        small.store()
        folder, before = small.folder(), os.getcwd()
        os.chdir(folder)
        self.addCleanup(os.chdir, before)
        (folder / "mine.txt").write_bytes(open(small.TEXT, "rb").read())
        self.assertIn('"steps": 2000', blocks[0])
        blocks[0] = blocks[0].replace('"steps": 2000', '"steps": 6')
        names = {}
        for block in blocks:
            exec(compile(block, "docs/python.md", "exec"), names)
        self.assertEqual(names["experiment"].name, "own")
        self.assertTrue(os.path.getsize("curves.png") > 1000)


if __name__ == "__main__":
    unittest.main()
