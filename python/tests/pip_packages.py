"""A Python with packages that only pip has: UNROLL_PIP_PYTHON names it (default: the one that runs the tests)."""

import os
import subprocess
import sys

PYTHON = os.environ.get("UNROLL_PIP_PYTHON", sys.executable)


def lacks(*modules):
    """Why a test that needs them is skipped; None where they are there."""
    for module in modules:
        if subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode != 0:
            return f"no {module} in {PYTHON}; pip install it in a venv and name its Python in UNROLL_PIP_PYTHON"
    return None


def output(script, *arguments):
    """What the script prints. Raises AssertionError, with its messages, when it fails."""
    ended = subprocess.run([PYTHON, "-c", script, *map(str, arguments)], capture_output=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
