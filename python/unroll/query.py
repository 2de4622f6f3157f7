"""One read-only query by a user: nothing can be changed, no other file opened, and it ends within its time."""

import sqlite3
import time

from unroll.error import Error

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_INFORMATIONAL = {
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    "database_list", "function_list", "collation_list", "compile_options", "user_version", "application_id",
}  # fmt: skip
_INSTRUCTIONS_BETWEEN_CHECKS = 10_000


def rows(connection, query, parameters, timeout):
    """Column names and rows. Raises Error: a mistake in it, a second statement, a change, more than `timeout` seconds.

    The connection stays guarded: nothing else can be done with it.
    """
    denied = []
    end = None if timeout is None else time.monotonic() + timeout

    def authorize(action, first, second, *_):
        if action in _READING:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and second != "load_extension":
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_UPDATE and first == "sqlite_master":  # asked for table-valued functions
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and first in _INFORMATIONAL:
            return sqlite3.SQLITE_OK
        denied.append(action)
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(authorize)
    if end is not None:
        connection.set_progress_handler(lambda: time.monotonic() >= end, _INSTRUCTIONS_BETWEEN_CHECKS)
    try:
        cursor = connection.execute(query, parameters)
        if cursor.description is None:
            raise Error("query", "an empty query" if not denied else "a change", "one SELECT", "write one")
        return [column[0] for column in cursor.description], cursor.fetchall()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _told(error, denied, end, timeout) from error


def _told(error, denied, end, timeout):
    message = str(error)
    if denied:
        return Error(
            "query",
            "a statement that writes or opens another file is not allowed",
            "one SELECT: the result store is opened read-only",
            "to change something, open a copy of the file with sqlite3",
        )
    if message == "interrupted" and end is not None and time.monotonic() >= end:
        return Error(
            "query",
            f"timed out after {timeout:g} seconds",
            "a query that finishes in time",
            "simplify it, or raise the limit with timeout=SECONDS",
        )
    if "one statement at a time" in message:
        return Error("query", "a second statement", "one SELECT", "run the statements one by one")
    return Error("query", message, "a query in SQLite's dialect, with string literals in 'single quotes'")
