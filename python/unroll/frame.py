"""DataFrames of rows, with a dtype for each column that does not depend on which rows there happen to be."""

import numpy
import pandas

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"  # as the store writes it, in UTC


def frame(columns, rows, kinds=None):
    """A DataFrame with a RangeIndex. A column name that occurs again gets ":2", ":3" ….

    kinds: of columns by name, as kinds_of() gives them; a column without one gets its dtype from its values:
    int64, Int64 where some are missing, float64, bool, boolean where some are missing, else object.
    """
    data, names = [], []
    for place, name in enumerate(columns):
        values = [row[place] for row in rows]
        data.append(_array(values, (kinds or {}).get(name) or _kind_of_values(values)))
        names.append(name)
    made = pandas.DataFrame(dict(enumerate(data)), index=pandas.RangeIndex(len(rows)))
    made.columns = pandas.Index(_distinct(names), dtype=object)
    return made


def kinds_of(connection, table):
    """Kinds of the columns of a table by its declaration: whole (int64), optional whole (Int64), real (float64), time
    (datetime64[ns, UTC]), bytes and text (object)."""
    kinds = {}
    for _, name, declared, required, _, key in connection.execute(f"PRAGMA table_info({table})"):
        if declared == "INTEGER":
            kinds[name] = "whole" if required or key else "optional whole"
        elif declared == "REAL":
            kinds[name] = "real"
        else:
            kinds[name] = "time" if name.endswith("_at") else "text"
    return kinds


def _kind_of_values(values):
    types = {type(value) for value in values if value is not None}
    optional = any(value is None for value in values)
    if types == {bool}:
        return "optional truth" if optional else "truth"
    if types == {int}:
        return "optional whole" if optional else "whole"
    return "real" if types and types <= {int, float} else "text"


def _array(values, kind):
    if kind == "whole":
        return numpy.array(values, dtype="int64")
    if kind == "optional whole":
        return pandas.array(values, dtype="Int64")
    if kind == "real":
        return numpy.array([numpy.nan if value is None else value for value in values], dtype="float64")
    if kind == "truth":
        return numpy.array(values, dtype=bool)
    if kind == "optional truth":
        return pandas.array([None if value is None else bool(value) for value in values], dtype="boolean")
    if kind == "time":
        return pandas.to_datetime(pandas.Series(values, dtype=object), format=TIME_FORMAT, utc=True).astype(
            "datetime64[ns, UTC]"
        )
    array = numpy.empty(len(values), dtype=object)
    array[:] = values
    return pandas.Series(array, dtype=object)  # which pandas 3 would otherwise take for str, when it has no None


def _distinct(names):
    seen, distinct = {}, []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}:{seen[name]}")
    return distinct
