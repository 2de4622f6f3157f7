"""The unroll program: where it is, and what it answers."""

import os
import shutil
import subprocess

from unroll.error import Error


def found(program=None):
    """The program to call: `program`, else the environment variable UNROLL, else `unroll` on PATH; a name or a path.
    Raises Error where that is no program."""
    source = "program" if program else "UNROLL" if os.environ.get("UNROLL") else "PATH"
    asked = os.fspath(program or os.environ.get("UNROLL") or "unroll")
    there = shutil.which(os.path.expanduser(asked))
    if there is None:
        raise Error(
            source,
            f"no program '{asked}'",
            "the unroll program, which compare() and run() call",
            "put it on PATH, name it in the environment variable UNROLL, or pass program=PATH",
        )
    return there


def output(words, program=None):
    """What `unroll WORDS…` prints: (standard output, standard error). Raises Error with its message when it fails."""
    ended = subprocess.run(
        [found(program), *words], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    if ended.returncode != 0:
        raise Error(found=message_in(ended.stderr) or f"unroll ended with exit code {ended.returncode}")
    return ended.stdout, ended.stderr


def message_in(text):
    """The program's last message in what it printed, without its name: from the line "unroll: …" to the end."""
    lines = text.splitlines()
    for place in range(len(lines) - 1, -1, -1):
        if lines[place].startswith("unroll: "):
            return "\n".join([lines[place][len("unroll: ") :], *lines[place + 1 :]]).strip()
    return ""
