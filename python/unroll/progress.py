"""A program followed while it runs: its progress shown, Ctrl-C passed on to it."""

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

from unroll.screen import Screen

_NOTEBOOK = (24, 110)  # rows and columns that a notebook shows
_SHOWN_LINES = 60  # of the last ones: all are sent anew with every update
_BETWEEN_UPDATES = 0.2  # seconds
_PR_SET_PDEATHSIG = 1  # of linux/prctl.h


def follow(command, show):
    """Runs it to its end and returns (exit code, what it has printed as a screen would show it).

    show: in place in a notebook, as it is on a terminal, line by line anywhere else (on sys.stderr). SIGINT that
    arrives meanwhile goes to the program, which decides; when it has ended, KeyboardInterrupt is raised.
    The program gets SIGINT, too, when this process ends without it, as on the restart of a notebook's kernel.
    """
    shower = _shower() if show else _Nothing()
    with _output(shower.size) as (reader, writer):
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
            start_new_session=True,  # so that a terminal's Ctrl-C reaches it once, through this process
            preexec_fn=_end_with_parent(),
            env={**os.environ, **shower.environment},
        )
        os.close(writer)
        with _interrupts_to(process) as interrupts:
            screen = Screen()
            for text in _texts(reader):
                screen.write(text)
                shower.show(text, screen)
            code = process.wait()
        shower.close(screen)
    if interrupts:
        raise KeyboardInterrupt
    return code, str(screen)


class _Nothing:
    size, environment = None, {}

    def show(self, text, screen):
        pass

    def close(self, screen):
        pass


class _Text(_Nothing):
    def show(self, text, screen):
        sys.stderr.write(text)
        sys.stderr.flush()


class _Terminal(_Text):
    def __init__(self):
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
        self.size = (rows, columns)


class _Notebook(_Nothing):
    """One output of a cell, drawn over in place."""

    size, environment = _NOTEBOOK, {"NO_COLOR": "1", "COLUMNS": str(_NOTEBOOK[1])}

    def __init__(self):
        from IPython.display import display

        self.handle = display({"text/plain": ""}, raw=True, display_id=True)
        self.shown_at = 0

    def show(self, text, screen):
        if time.monotonic() - self.shown_at >= _BETWEEN_UPDATES:
            self.close(screen)

    def close(self, screen):
        self.handle.update({"text/plain": screen.tail(_SHOWN_LINES)}, raw=True)
        self.shown_at = time.monotonic()


def _shower():
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell, "kernel"):
        return _Notebook()
    try:
        return _Terminal() if sys.stderr.isatty() else _Text()
    except (AttributeError, OSError, ValueError):
        return _Text()


@contextlib.contextmanager
def _output(size):
    """(reader, writer): a terminal of this size, or a pipe. The writer is for the caller to close."""
    reader, writer = os.openpty() if size else os.pipe()
    if size:
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    try:
        yield reader, writer
    finally:
        os.close(reader)


def _texts(reader):
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        try:
            data = os.read(reader, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:  # what a terminal says when nobody writes to it any more
                raise
            data = b""
        text = decoder.decode(data, final=not data)
        if text:
            yield text
        if not data:
            return


@contextlib.contextmanager
def _interrupts_to(process):
    """Passes SIGINT on while this lasts; the list has an entry for each. An exception ends the process, too."""
    interrupts = []

    def pass_on(number, _):
        interrupts.append(number)
        process.send_signal(number)

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, pass_on) if is_main else None
    try:
        yield interrupts
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        if is_main:
            signal.signal(signal.SIGINT, before)


def _end_with_parent():
    """What a new process calls to get SIGINT when its parent ends; None where the system has no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up now: after a fork there is little that may be done
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
