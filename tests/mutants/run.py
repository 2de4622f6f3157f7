"""Puts one deliberate fault after the other into a copy of the sources, builds, and runs the test that must catch it.

    run.py [NAME-PART]...        only faults whose name has one of these in it
    run.py --check               only whether each fault's text stands where the list says

The copy and its build stay in build/mutants and are used again. Exit code 0: every fault was caught by its test, and no
test failed without one; 1: one was not.
"""

import os
import pathlib
import subprocess
import sys
import time

from faults import FAULTS

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "mutants"
SOURCE, BUILD = WORK, WORK / "build"  # as in a working tree, so that a compiler cache knows the files


def call(*words, **how):
    return subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how)


def copy_sources():
    """The files of the working tree that git does not ignore; those that are equal keep their times."""
    SOURCE.mkdir(parents=True, exist_ok=True)
    files = call("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.splitlines()
    for name in files:
        here, there = ROOT / name, SOURCE / name
        if not here.is_file():
            continue
        content = here.read_bytes()
        if not there.exists() or there.read_bytes() != content:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)
            there.chmod(here.stat().st_mode)
    for there in [path for path in SOURCE.rglob("*") if path.is_file() and BUILD not in path.parents]:
        if not (ROOT / there.relative_to(SOURCE)).is_file():
            there.unlink()


def build(targets):
    return call("cmake", "--build", BUILD, "--parallel", str(os.cpu_count()), "--target", *targets)


def test(name):
    return call("ctest", "--test-dir", BUILD, "-R", f"^{name}$", "--no-tests=error").returncode


def try_all(name, faults):
    """Tries the faults that one test has to catch; how many it did not. A test that fails without any shows nothing."""
    targets = sorted({target for fault in faults for target in fault.targets})
    done = build([*targets, "unroll_program", "unroll_plugins", "unroll_fault"])
    if done.returncode:
        sys.exit(f"mutants: the sources do not build\n{done.stdout[-3000:]}")
    if test(name):
        print(f"FAILS WITHOUT ANY FAULT: {name}", flush=True)
        return len(faults)
    missed = 0
    for fault in faults:
        began, file = time.monotonic(), SOURCE / fault.file
        whole = file.read_text()
        try:
            file.write_text(whole.replace(fault.text, fault.instead))
            # A fault that does not compile is caught, too, but shows nothing about the tests.
            built = build(fault.targets)
            caught = built.returncode == 0 and test(fault.test) != 0
        finally:
            file.write_text(whole)
        missed += not caught
        verdict = "caught by" if caught else "DOES NOT BUILD for" if built.returncode else "NOT CAUGHT by"
        print(f"{verdict} {fault.test}: {fault.name} ({time.monotonic() - began:.0f} s)", flush=True)
    return missed


def main():
    checks = sys.argv[1:] == ["--check"]
    parts = [] if checks else sys.argv[1:]
    wanted = [fault for fault in FAULTS if not parts or any(part in fault.name for part in parts)]
    for fault in wanted:
        if (ROOT / fault.file).read_text().count(fault.text) != 1:
            sys.exit(f"mutants: \"{fault.name}\": {fault.file} does not have its text exactly once\n"
                     "  help: bring tests/mutants/faults.py up to the code")
    if checks:
        return 0
    copy_sources()
    done = call("cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-D", "CMAKE_BUILD_TYPE=Release",
                "-D", "UNROLL_TESTS=ON", "-D", "CMAKE_CXX_FLAGS_RELEASE=-O0",
                "-D", "CMAKE_DISABLE_PRECOMPILE_HEADERS=ON")  # few files are compiled again for a fault
    if done.returncode:
        sys.exit(f"mutants: CMake fails\n{done.stdout[-3000:]}")
    missed = 0
    for name in dict.fromkeys(fault.test for fault in wanted):
        faults = [fault for fault in wanted if fault.test == name]
        missed += try_all(name, faults)
    print(f"{len(wanted) - missed} of {len(wanted)} faults caught")
    return missed != 0


if __name__ == "__main__":
    sys.exit(main())
