"""Connections to the result store: read-only, beside a running sweep, and in folders that cannot be written."""

import contextlib
import os
import sqlite3
import urllib.parse

from unroll import functions
from unroll.error import Error

APPLICATION_ID = 0x554E524C  # "UNRL", as in framework/store/schema.h
OLDEST_VERSION = 3  # since this one, versions read alike
NEWEST_VERSION = 10  # as in framework/store/schema.cpp


@contextlib.contextmanager
def reading(file):
    """A connection to the file whose queries all see one moment of it, whatever a sweep writes meanwhile.

    Nothing is held afterwards: neither a lock, which would keep the sweep from tidying up its journal, nor the file.
    Raises Error for a file that is missing, is not a result store, or is of another version.
    """
    connection = _connect(file)
    try:
        connection.execute("BEGIN")
        _check_version(connection, file)
        yield connection
    except sqlite3.DatabaseError as error:
        raise _told(file, error) from error
    finally:
        connection.close()


def _connect(file):
    if not os.path.exists(file):
        raise Error(file, "no such file", "a result store", "run a manifest first, or name another file")
    try:
        return _opened(file, "mode=ro")
    except sqlite3.DatabaseError as error:
        # In a folder in which nobody can write, a file in WAL mode opens only as immutable. Its WAL would go unread.
        if os.access(os.path.dirname(file), os.W_OK):
            raise _told(file, error) from error
    wal = file + "-wal"
    if os.path.exists(wal) and os.path.getsize(wal) > 0:
        raise Error(
            file,
            "an interrupted run left results in its -wal file, which cannot be merged in a read-only folder",
            "a folder that you may write in",
            "copy both files to one and read them there",
        )
    try:
        return _opened(file, "immutable=1")
    except sqlite3.DatabaseError as error:
        raise _told(file, error) from error


def _opened(file, mode):
    connection = sqlite3.connect(f"file:{urllib.parse.quote(file)}?{mode}", uri=True, timeout=30, isolation_level=None)
    try:
        functions.register(connection)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # opens the file; connect() does not
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(connection, file):
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    objects = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application == 0 and version == 0 and objects == 0:
        raise Error(
            file, "an empty file", "a result store that unroll made", "run a manifest first, or name another file"
        )
    if application != APPLICATION_ID:
        raise Error(file, "an SQLite file of another program", "a result store that unroll made", "name another file")
    if version > NEWEST_VERSION:
        raise Error(
            file,
            f"a result store of version {version}",
            f"version {OLDEST_VERSION} to {NEWEST_VERSION}, which this package reads",
            "install the Python package that comes with the unroll that wrote it: pip install ./python",
        )
    if version < OLDEST_VERSION:
        raise Error(
            file,
            f"a result store of version {version}",
            f"version {OLDEST_VERSION} to {NEWEST_VERSION}, which this package reads",
            "run any manifest with this --db: that brings the file up to date and keeps everything",
        )


def _told(file, error):
    message = str(error)
    if "not a database" in message:
        return Error(file, "not a database", "an SQLite file that unroll made", "name another file")
    if "locked" in message:
        return Error(
            file,
            "another program has kept the database locked for 30 seconds",
            "a database that others lock only briefly",
            "end the other program's transaction and try again",
        )
    return Error(
        file, f"SQLite says: {message}", "a result store that can be read", "check the path and its permissions"
    )
