"""Drawings of curves and comparisons with matplotlib."""

from unroll.error import Error

_X_LABELS = {"step": "step", "epoch": "epoch", "seconds": "seconds of training"}


def _pyplot():
    try:
        from matplotlib import pyplot
    except ImportError as missing:
        raise Error(
            "plot", "no matplotlib", "matplotlib 3.5 or later", "pip install matplotlib (Debian: python3-matplotlib)"
        ) from missing
    return pyplot


def curves(curve, x, band, log_x, log_y, ax):
    """See Curve.plot()."""
    _check("x", x, tuple(_X_LABELS))
    _check("band", band, ("interval", "sd", None))
    _check_columns(curve, [*curve.by, x, "mean", "sd", "low", "high"])
    if len(curve) == 0:
        raise Error("plot", "a curve without values", "at least one value to draw", "wait for the first evaluation")
    blocks = _blocks(curve) if ax is None else {"": curve}
    axes = _axes(len(blocks)) if ax is None else [ax]
    colors = {}
    for place, (title, block) in enumerate(blocks.items()):
        one = axes[place]
        for label, line in _lines(block, curve.by[:1] if len(blocks) > 1 or ax is None else curve.by).items():
            color = colors.setdefault(label, f"C{len(colors) % 10}" if len(colors) < 10 else None)
            _draw_line(one, line, x, band, label, color)
        one.set(xlabel=_X_LABELS[x], ylabel=curve.metric if place == 0 else "", title=title)
        one.set_xscale("log" if log_x else "linear")
        one.set_yscale("log" if log_y else "linear")
        if one.get_legend_handles_labels()[1]:
            one.legend(title=curve.by[0] if curve.by else None)
    if ax is None:
        axes[0].figure.suptitle(curve.experiment)
    return axes[0] if len(axes) == 1 else axes


def comparison(table, log_x, ax):
    """See Comparison.plot()."""
    _check_columns(table, [*table.by, "mean", "low", "high", "best"])
    rows = table[table["mean"].notna()]
    if len(rows) == 0:
        raise Error("plot", "a comparison without values", "at least one finished trial", "run the manifest first")
    if ax is None:
        _, ax = _pyplot().subplots(figsize=(7, 1.2 + 0.32 * len(rows)), layout="constrained")
    places, labels, last = [], [], None
    for _, row in rows.iterrows():
        block = tuple(row[name] for name in table.by[1:])
        places.append((places[-1] + (1 if block == last else 1.7)) if places else 0)
        labels.append(" ".join(_text(row[name]) for name in [*table.by, *table.best_of]) or table.experiment)
        last = block
    for place, (_, row) in zip(places, rows.iterrows()):
        color = "C2" if row["best"] else "C0"
        if row["low"] == row["low"]:
            ax.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.5)
        ax.plot([row["mean"]], [place], "o", color=color)
    ax.set_yticks(places, labels)
    ax.set_ylim(max(places) + 0.7, -0.7)
    ax.set(xlabel=f"{table.metric}, mean and 95% interval", title=table.experiment)
    ax.set_xscale("log" if log_x else "linear")
    return ax


def _check(name, value, known):
    if value not in known:
        raise Error(name, repr(value), "one of: " + ", ".join(repr(each) for each in known))


def _check_columns(table, needed):
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise Error(
            "plot",
            f"no column '{missing[0]}'",
            "the columns that it came with",
            "select rows only, or use pandas' own: pandas.DataFrame(…).plot",
        )


def _axes(count):
    columns = min(count, 3)
    rows = -(-count // columns)
    figure, axes = _pyplot().subplots(
        rows, columns, figsize=(1.5 + 3.5 * columns if count > 1 else 6.4, 0.6 + 3.2 * rows), sharex=True, sharey=True,
        squeeze=False, layout="constrained",
    )  # fmt: skip
    flat = axes.ravel()
    for unused in flat[count:]:
        figure.delaxes(unused)
    return flat[:count]


def _blocks(curve):
    """{title: rows}, by the values of all of `by` but the first."""
    return {
        ", ".join(f"{name} {_text(value)}" for name, value in zip(curve.by[1:], key)): rows
        for key, rows in _groups(curve, curve.by[1:])
    }


def _lines(block, by):
    return {" ".join(_text(value) for value in key): rows for key, rows in _groups(block, by)}


def _groups(rows, by):
    """(values, rows) in order of appearance."""
    if not by:
        return [((), rows)]
    parts = rows.groupby(list(by) if len(by) > 1 else by[0], sort=False, dropna=False)
    return [(key if isinstance(key, tuple) else (key,), part) for key, part in parts]


def _draw_line(ax, line, x, band, label, color):
    marker = "o" if len(line) == 1 else None
    (drawn,) = ax.plot(line[x], line["mean"], marker=marker, label=label or None, color=color)
    if band is None or not (line["n"] > 1).any():
        return
    low, high = (
        (line["low"], line["high"]) if band == "interval" else (line["mean"] - line["sd"], line["mean"] + line["sd"])
    )
    ax.fill_between(line[x], low, high, color=drawn.get_color(), alpha=0.2, linewidth=0)


def _text(value):
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
