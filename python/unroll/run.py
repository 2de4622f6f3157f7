"""Running manifests with the unroll program."""

import contextlib
import json
import os
import tempfile

from unroll import progress as progress_, program as program_
from unroll.error import Error, Unmet
from unroll.store import DEFAULT, Store

_INVALID, _UNMET = 2, 1  # exit codes of `unroll run`


def run(
    manifest,
    *,
    db=DEFAULT,
    jobs=None,
    set=None,
    as_=None,
    fresh=False,
    remeasure=False,
    retry_failed=False,
    fail_fast=False,
    yes=False,
    plugin_path=None,
    program=None,
    progress=True,
    check=True,
):
    """Trains and samples what the store lacks of a manifest, as `unroll run`, and returns its Experiment.

    manifest: a path, or a dict with what a manifest has; paths in a dict are relative to the working directory. A list
    of them runs all and returns a list.
    db, jobs, fresh, remeasure, retry_failed, fail_fast, yes, plugin_path: as the options of `unroll run`; as_: --as;
    set: a dict of path and value, as in {"training.steps": 100}: then it is an experiment of its own.
    program: see unroll.open(). progress: shows the program's own progress, in place in a notebook, else on sys.stderr.

    Ctrl-C (or a notebook's stop button) is passed on: the program writes checkpoints and ends, then KeyboardInterrupt
    is raised; the same call goes on from there. A second one ends it at once.
    Raises Error with the program's message when the request is invalid (nothing was run then), Unmet when a trial
    failed or an expectation does not hold; with check=False that is left to the reader of the results.
    """
    manifests = manifest if isinstance(manifest, (list, tuple)) else [manifest]
    with contextlib.ExitStack() as files:
        paths = [files.enter_context(_file_of(each)) for each in manifests]
        words = ["run", *paths]
        if os.fspath(db) != DEFAULT:  # whose folder the program makes
            words += ["--db", os.fspath(db)]
        for path, value in (set or {}).items():
            words += ["--set", f"{path}={_json(value)}"]
        for folder in [plugin_path] if isinstance(plugin_path, (str, os.PathLike)) else plugin_path or ():
            words += ["--plugin-path", os.fspath(folder)]
        options = {"jobs": jobs, "as": as_}
        for name, value in options.items():
            words += [f"--{name}", str(value)] if value is not None else []
        switches = {
            "fresh": fresh, "remeasure": remeasure, "retry-failed": retry_failed, "fail-fast": fail_fast, "yes": yes,
            "quiet": not progress,
        }  # fmt: skip
        words += [f"--{name}" for name, is_on in switches.items() if is_on]
        code, text = progress_.follow([program_.found(program), *words], show=bool(progress))
        if code < 0 or code >= _INVALID:
            raise Error(found=program_.message_in(text) or _ending(code))
        experiments = _experiments(Store(db, program=program), paths, as_)
    if code == _UNMET and check:
        raise Unmet("run", *_what_is_unmet(text), experiments)
    return experiments if isinstance(manifest, (list, tuple)) else experiments[0]


@contextlib.contextmanager
def _file_of(manifest):
    """The manifest's path; of a dict, that of a file in the working directory while this lasts."""
    if not isinstance(manifest, dict):
        yield os.fspath(manifest)
        return
    text = _json(manifest, indent=2)
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in str(manifest.get("name", "manifest")))
    folder = "." if os.access(".", os.W_OK) else None
    file, path = tempfile.mkstemp(prefix=f".{stem}-", suffix=".json", dir=folder, text=True)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(text + "\n")
        yield os.path.relpath(path) if folder else path
    finally:
        os.unlink(path)


def _json(value, indent=None):
    def plain(other):
        if isinstance(other, os.PathLike):
            return os.fspath(other)
        if hasattr(other, "tolist"):  # of numpy and pandas
            return other.tolist()
        raise TypeError(f"a {type(other).__name__}")

    try:
        return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False, default=plain)
    except (TypeError, ValueError) as error:
        raise Error("manifest", str(error), "what JSON has: numbers, texts, lists, dicts, True, False, None") from error


def _experiments(store, paths, as_):
    """What these manifests are in the store: the experiment that was last run from each."""
    folder = os.path.dirname(store.file)
    experiments = []
    for path in paths:
        relative = os.path.relpath(os.path.abspath(path), folder)
        with store.reading() as reading:
            row = reading.execute(
                "SELECT name FROM experiment WHERE manifest_path = ? ORDER BY updated_at DESC LIMIT 1", (relative,)
            ).fetchone()
        name = as_ or (row and row[0])
        if name is None:
            raise Error(store.file, f"no experiment of {path}", "the one that the program has just run")
        experiments.append(store.experiment(name))
    return experiments


def _what_is_unmet(text):
    lines = text.splitlines()
    told = [line for line in lines if line.startswith("✗") or line.startswith("unroll: ")]
    for place, line in enumerate(lines):
        if line.startswith("[") and " failed" in line:
            told += [line, *lines[place + 1 : place + 2]]
    return (
        "\n".join(told) or "a trial failed, or an expectation does not hold",
        "all trials finished, all expectations met",
        "look at trials() of what is in `experiments` of this exception, or pass check=False",
    )


def _ending(code):
    return f"unroll was ended by signal {-code}" if code < 0 else f"unroll ended with exit code {code}"
