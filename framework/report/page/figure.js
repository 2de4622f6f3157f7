// A figure: charts side by side with axes in common, what may be chosen about them, and the same as a table.
"use strict";

/** All figures on the page, so that a change of theme, or printing, reaches them. */
const figures = [];

class FigureView {
  constructor(figure, title) {
    this.figure = figure;
    this.title = title;
    this.axis = 0;
    this.from = 0;
    this.xIsLogarithmic = figure.x[0].logarithmic;
    this.yIsLogarithmic = figure.y.logarithmic;
    this.off = new Set();
    this.charts = [];
    this.names = this.legendNames();
    this.live = element("p", { class: "visually-hidden", "aria-live": "polite" });
    this.panels = element("div", { class: "panels" + (figure.charts.length > 1 ? " several" : "") });
    this.canvases = figure.charts.map((chart) => this.panel(chart));
    this.element = element("figure", { id: "figure-" + figure.id, class: "chart" },
      this.controls(), this.panels, this.about(), this.live, this.values());
    figures.push(this);
    this.observe();
  }

  about() { return textElement("figcaption", this.figure.about); }

  values(isOpen = false) { return folded("The values as a table", () => this.table(), isOpen); }

  /** Whether another figure differs in nothing but its points. */
  canBecome(figure) {
    const frame = (one) => JSON.stringify([one.id, one.marks, one.x.map((axis) => [axis.name, axis.categories]), one.y.name,
      one.charts.map((chart) => [chart.title, chart.series.map((series) => [series.name, series.hue])])]);
    return frame(this.figure) === frame(figure);
  }

  /** Takes another figure's points; what was chosen stays. */
  become(figure) {
    this.figure = figure;
    this.element.querySelector("figcaption").replaceWith(this.about());
    const before = this.element.lastChild;
    before.replaceWith(this.values(before.open));
    this.draw();
  }

  get sideways() { return this.figure.marks === "intervals"; }

  /** Name and hue of everything in the legend, once each. */
  legendNames() {
    const names = new Map();
    for (const chart of this.figure.charts)
      for (const series of chart.series) if (!names.has(series.name)) names.set(series.name, series.hue);
    return new Map([...names].sort((a, b) => a[1] - b[1]));
  }

  panel(chart) {
    const canvas = element("canvas", {
      role: "img", tabindex: "0",
      "aria-label": visible(`Chart: ${this.title || this.figure.y.name}${chart.title ? ", " + chart.title : ""}. ` +
        "Left and right arrow keys go through its points; the values stand in the table below."),
    });
    canvas.addEventListener("keydown", (event) => this.walk(event, this.canvases.indexOf(canvas)));
    canvas.addEventListener("blur", () => this.point(this.canvases.indexOf(canvas), null));
    const rows = this.sideways ? this.figure.x[0].categories.length : 0;
    const holder = element("div", { class: "canvas" }, canvas);
    if (this.sideways) holder.style.height = 64 + 30 * rows + "px";
    this.panels.append(element("div", { class: "panel" },
      chart.title ? textElement("h4", chart.title) : null, holder));
    return canvas;
  }

  // ---- What may be chosen ------------------------------------------------------------------------------------------

  controls() {
    const row = element("div", { class: "controls" });
    if (this.names.size > 1 && !this.sideways) row.append(this.legend());
    const { x } = this.figure;
    if (x.length > 1)
      row.append(this.select("x", x.map((axis) => axis.name), (place) => { this.axis = place; this.draw(); }));
    if (this.figure.marks === "lines" && x.length > 1)
      row.append(this.select("show", ["everything", "without the first tenth", "the second half"],
        (place) => { this.from = [0, 0.1, 0.5][place]; this.draw(); }));
    if (!this.sideways && !x[0].categories.length) row.append(this.toggle("log x", "xIsLogarithmic"));
    row.append(this.toggle(this.sideways ? "log axis" : "log y", "yIsLogarithmic"));
    return row;
  }

  legend() {
    const list = element("div", { class: "legend", role: "group", "aria-label": "Lines that are shown" });
    for (const [name, hue] of this.names) {
      const button = element("button", { type: "button", "aria-pressed": "true" }, swatch(hue));
      appendText(button, name);
      button.addEventListener("click", () => {
        this.off.has(name) ? this.off.delete(name) : this.off.add(name);
        button.setAttribute("aria-pressed", String(!this.off.has(name)));
        this.draw();
      });
      list.append(button);
    }
    return list;
  }

  select(label, names, choose) {
    const list = element("select", { onchange: () => choose(list.selectedIndex) });
    for (const name of names) list.append(textElement("option", name));
    return element("label", {}, label + " ", list);
  }

  toggle(label, property) {
    const button = element("button", { type: "button", class: "toggle", "aria-pressed": String(this[property]) }, label);
    button.addEventListener("click", () => {
      this[property] = !this[property];
      button.setAttribute("aria-pressed", String(this[property]));
      this.draw();
    });
    return button;
  }

  // ---- Drawing -----------------------------------------------------------------------------------------------------

  /** Charts are made when they come near the screen: a page of many opens at once. */
  observe() {
    const watcher = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) { watcher.disconnect(); this.make(); }
    }, { rootMargin: "400px" });
    watcher.observe(this.panels);
  }

  make() {
    if (this.charts.length) return;
    this.charts = this.canvases.map((canvas) => new Chart(canvas, {
      type: "scatter", data: { datasets: [] },
      options: {
        animation: false, maintainAspectRatio: false, responsive: true, events: ["mousemove", "mouseout", "click", "touchstart"],
        interaction: { mode: "each", intersect: false },
        plugins: { legend: { display: false }, tooltip: { callbacks: this.tooltip(), usePointStyle: true, boxPadding: 4 } },
      },
    }));
    this.draw();
  }

  draw() {
    if (!this.charts.length) return;
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink-soft").trim(), line = style.getPropertyValue("--line").trim();
    const ranges = this.ranges();
    this.charts.forEach((chart, place) => {
      const { series } = this.figure.charts[place];
      chart.data.datasets = series.map((one) => this.dataset(one));
      chart.options.color = ink;
      chart.options.scales = this.scales(ranges, ink, line);
      Object.assign(chart.options.plugins.tooltip, {
        backgroundColor: style.getPropertyValue("--raised").trim(), titleColor: style.getPropertyValue("--ink").trim(),
        bodyColor: style.getPropertyValue("--ink").trim(), borderColor: line, borderWidth: 1,
      });
      chart.update("none");
    });
  }

  points(series) {
    const x = series.x[this.axis], first = this.from * this.last();
    const drawable = (number, isLogarithmic) => (isLogarithmic && number <= 0 ? null : number);
    return series.y.map((y, i) => {
      const place = x[i] !== null && x[i] < first ? null : x[i];
      const value = drawable(y, this.yIsLogarithmic);
      return this.sideways ? { x: value, y: place } : { x: drawable(place, this.xIsLogarithmic), y: value };
    });
  }

  last() {
    let last = 0;
    for (const chart of this.figure.charts)
      for (const series of chart.series) for (const x of series.x[this.axis]) if (x > last) last = x;
    return last;
  }

  dataset(series) {
    const colour = colourOf(series.hue), hasLine = this.figure.marks.startsWith("lines");
    const hasIntervals = series.low.some((low) => low !== null);
    const few = series.y.length < 2;
    return {
      label: visible(series.name), data: this.points(series), hidden: this.off.has(series.name),
      low: hasIntervals ? series.low : null, high: series.high, n: series.n, sideways: this.sideways,
      band: this.figure.marks === "lines", showLine: hasLine, borderColor: colour, backgroundColor: colour,
      borderWidth: 2, borderDash: dashOf(series.hue), pointStyle: shapes[series.hue % shapes.length],
      pointRadius: this.figure.marks === "lines" && !few ? 0 : 4, pointHoverRadius: 5, pointHitRadius: 0,
    };
  }

  /** The ranges of both axes, the same for all charts: over what is shown of all of them. */
  ranges() {
    const xs = [], ys = [];
    for (const chart of this.figure.charts)
      for (const series of chart.series) {
        if (this.off.has(series.name)) continue;
        this.points(series).forEach((point, i) => {
          if (point.x === null || point.y === null) return;
          xs.push(this.sideways ? point.y : point.x);
          ys.push(this.sideways ? point.x : point.y);
          if (series.low.length && series.low[i] !== null && !(this.yIsLogarithmic && series.low[i] <= 0))
            ys.push(series.low[i], series.high[i]);
        });
      }
    const room = this.figure.marks === "lines" ? 0 : 0.06;
    return { x: rangeOf(xs, this.xIsLogarithmic, room), y: rangeOf(ys, this.yIsLogarithmic) };
  }

  scales(ranges, ink, line) {
    const { y } = this.figure, x = this.figure.x[this.axis];
    const value = (axis, range, isLogarithmic, count) => ({
      type: isLogarithmic ? "logarithmic" : "linear", min: range[0], max: range[1],
      title: { display: true, text: visible(axis.name), color: ink },
      grid: { color: line, borderColor: line, tickLength: 4 },
      ticks: { color: ink, maxRotation: 0, autoSkip: !axis.ticks.length, autoSkipPadding: 8, callback: (_, place, ticks) => ticks[place].label },
      afterBuildTicks: (scale) => {
        const room = scale.isHorizontal() ? scale.chart.width - 50 : Infinity;
        scale.ticks = this.ticks(axis, range, isLogarithmic, count, room);
      },
    });
    if (!this.sideways)
      return { x: value(x, ranges.x, this.xIsLogarithmic, 6), y: value(y, ranges.y, this.yIsLogarithmic, 6) };
    const names = x.categories.map(visible);
    const rows = {
      type: "linear", reverse: true, min: -0.5, max: names.length - 0.5, grid: { display: false, borderColor: line },
      ticks: { color: ink, callback: (_, place, ticks) => ticks[place].label, autoSkip: false },
      afterBuildTicks: (scale) => {
        scale.ticks = names.map((name, place) => ({ value: place, label: name.length > 28 ? name.slice(0, 27) + "…" : name }));
      },
    };
    return { x: value(y, ranges.y, this.yIsLogarithmic, 5), y: rows };
  }

  /** `room`: the axis' length in pixels; labels that would meet are left out. */
  ticks(axis, range, isLogarithmic, count, room) {
    if (!axis.ticks.length) return (isLogarithmic ? logarithmicTicks : linearTicks)(range[0], range[1], count);
    const place = isLogarithmic ? Math.log : (value) => value;
    const scale = room / (place(range[1]) - place(range[0])), ticks = [];
    let used = -Infinity;
    for (const value of axis.ticks) {
      if (value < range[0] || value > range[1]) continue;
      const label = short(value), at = (place(value) - place(range[0])) * scale, half = label.length * 3.5;
      if (at - half < used + 6) continue;
      used = at + half;
      ticks.push({ value, label });
    }
    return ticks;
  }

  // ---- What is told of points --------------------------------------------------------------------------------------

  describe(series, i, digits = 5) {
    let text = significant(series.y[i], digits);
    if (series.low.length && series.low[i] !== null)
      text += ` (${significant(series.low[i], digits)} to ${significant(series.high[i], digits)})`;
    if (series.n.length && series.n[i] > 1) text += `, n = ${series.n[i]}`;
    return text;
  }

  tooltip() {
    return {
      title: (items) => {
        if (!items.length) return "";
        const series = this.figure.charts[this.charts.indexOf(items[0].chart)].series[items[0].datasetIndex];
        const axis = this.figure.x[this.axis], x = series.x[this.axis][items[0].dataIndex];
        return this.sideways ? visible(this.figure.y.name) : `${visible(axis.name)} ${short(x, 6)}`;
      },
      label: (item) => {
        const series = this.figure.charts[this.charts.indexOf(item.chart)].series[item.datasetIndex];
        return `${visible(series.name)}  ${this.describe(series, item.dataIndex)}`;
      },
    };
  }

  /** Arrow keys go from point to point. */
  walk(event, place) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === "Escape") return this.point(place, null);
    if (step === undefined) return;
    event.preventDefault();
    this.make();
    const { series } = this.figure.charts[place];
    const places = [...new Set(series.filter((one) => !this.off.has(one.name)).flatMap((one) => one.x[this.axis]))]
      .filter((x) => x !== null).sort((a, b) => a - b);
    const last = places.length - 1;
    const now = this.at === undefined ? (step < 0 ? last + 1 : -1) : this.at;
    this.at = Math.min(last, Math.max(0, now + step));
    this.point(place, places[this.at]);
  }

  /** Shows and tells the points of all lines at x; none: takes that away. */
  point(place, x) {
    const chart = this.charts[place];
    if (!chart) return;
    const items = [], words = [];
    if (x === null) this.at = undefined;
    else
      this.figure.charts[place].series.forEach((series, datasetIndex) => {
        const index = series.x[this.axis].indexOf(x);
        if (index < 0 || this.off.has(series.name)) return;
        items.push({ datasetIndex, index });
        words.push(`${visible(series.name)} ${this.describe(series, index)}`);
      });
    chart.setActiveElements(items);
    chart.tooltip.setActiveElements(items, { x: 0, y: 0 });
    chart.update("none");
    const axis = this.figure.x[this.axis];
    const where = x === null || this.sideways ? "" : `${axis.name} ${short(x, 6)}: `;
    this.live.textContent = x === null ? "" : visible(where) + words.join("; ");
  }

  /** Every point as a row. */
  table() {
    const { figure } = this, several = figure.charts.length > 1;
    const has = (key) => figure.charts.some((chart) => chart.series.some((one) => one[key].some((v) => v !== null)));
    const parts = ["low", "high", "n"].filter(has);
    const columns = [...(several ? ["chart"] : []), ...(this.sideways ? [] : ["line"]), ...figure.x.map((axis) => axis.name),
      figure.y.name, ...parts].map((name) => ({ name, decimals: -1, significant: 17 }));
    const rows = [];
    for (const chart of figure.charts)
      for (const one of chart.series)
        one.y.forEach((y, i) => rows.push([...(several ? [chart.title] : []), ...(this.sideways ? [] : [one.name]),
          ...figure.x.map((axis, a) => (axis.categories.length ? axis.categories[one.x[a][i]] : one.x[a][i])), y,
          ...parts.map((part) => (one[part].length ? one[part][i] : null))]));
    return tableView({ caption: "", columns, rows, best: [], breaks: [] }, this.title || figure.about);
  }
}

function drawAll() {
  for (const view of figures) { view.make(); view.draw(); }
}
