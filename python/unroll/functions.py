"""SQL functions that SQLite lacks, as `unroll sql` has them: the aggregates median(x) and stddev(x)."""

import statistics


class _Aggregate:
    """Numbers but NULL; the result of none is NULL."""

    def __init__(self):
        self.values = []

    def step(self, value):
        if value is None:
            return
        if not isinstance(value, (int, float)):
            raise TypeError("median and stddev take numbers")
        self.values.append(float(value))


class Median(_Aggregate):
    def finalize(self):
        return statistics.median(self.values) if self.values else None


class Deviation(_Aggregate):
    """Of a sample: n - 1."""

    def finalize(self):
        return statistics.stdev(self.values) if len(self.values) > 1 else None


def register(connection):
    connection.create_aggregate("median", 1, Median)
    connection.create_aggregate("stddev", 1, Deviation)
