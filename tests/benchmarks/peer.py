"""Runs the PyTorch programs that the benchmarks compare with.

    peer.py about                      versions, and the file of the BLAS that PyTorch has loaded
    peer.py one PROGRAM ARGUMENT...    one program, on one thread, in processor time: other programs take nothing from it
    peer.py all PROGRAM < LISTS        the program once for each line of arguments, by two processes of one thread each
"""
import contextlib
import io
import multiprocessing
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import torch  # noqa: E402 (reads the variables above)

torch.set_num_threads(1)


def execute(program, arguments):
    sys.argv = [program, *arguments]
    with open(program, encoding="utf-8") as file:
        exec(compile(file.read(), program, "exec"), {"__name__": "__main__"})


def quietly(task):
    with contextlib.redirect_stdout(io.StringIO()):
        execute(*task)


def blas():
    """The library that a product needs, as the process has it mapped."""
    torch.ones(256, 256) @ torch.ones(256, 256)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        files = {line.split()[-1] for line in maps if "/" in line}
    named = sorted(file for file in files if any(word in file for word in ("libblas", "openblas", "blis", "mkl")))
    return named[0] if named else "built into PyTorch"


if __name__ == "__main__":
    if sys.argv[1] == "about":
        print(f"PyTorch {torch.__version__}, BLAS {blas()}")
    elif sys.argv[1] == "one":
        time.perf_counter = time.process_time
        execute(sys.argv[2], sys.argv[3:])
    else:
        tasks = [(sys.argv[2], line.split()) for line in sys.stdin]
        with multiprocessing.Pool(2) as pool:
            pool.map(quietly, tasks, chunksize=1)
