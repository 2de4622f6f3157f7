// What Chart.js lacks: colours that everybody can tell apart, bands and whiskers of intervals, a line under the pointer.
"use strict";

/** After Okabe and Ito, and Tol, for light and for dark ground; shapes and dashes tell them apart where colour cannot. */
const hues = {
  light: ["#0072b2", "#d55e00", "#009e73", "#aa3377", "#a67a00", "#3a9bd5", "#555555"],
  dark: ["#56b4e9", "#f0803c", "#2fc99a", "#e08fc0", "#e6b422", "#9ad0f5", "#b5b5b5"],
};
const shapes = ["circle", "rect", "triangle", "rectRot", "star", "crossRot", "rectRounded"];
const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function colourOf(hue) {
  const list = hues[isDark() ? "dark" : "light"];
  return list[hue % list.length];
}

function dashOf(hue) {
  return dashes[Math.floor(hue / shapes.length) % dashes.length];
}

/** A swatch for legends and tables. */
function swatch(hue) {
  const made = element("span", { class: "swatch", "aria-hidden": "true" });
  made.dataset.hue = hue;
  made.style.setProperty("--hue", colourOf(hue));
  return made;
}

function fade(colour, share) {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${parts.join(",")},${share})`;
}

/** Intervals about the points of a data set, given as `low` and `high`: a band behind a line, whiskers at points. */
const intervals = {
  id: "intervals",
  beforeDatasetsDraw(chart) {
    for (const meta of chart.getSortedVisibleDatasetMetas()) {
      const set = chart.data.datasets[meta.index];
      if (!set.low) continue;
      chart.ctx.save();
      const { left, top, right, bottom } = chart.chartArea;
      chart.ctx.beginPath();
      chart.ctx.rect(left - 1, top - 1, right - left + 2, bottom - top + 2);
      chart.ctx.clip();
      (set.band ? drawBand : drawWhiskers)(chart, meta, set);
      chart.ctx.restore();
    }
  },
};

function drawBand(chart, meta, set) {
  const { x, y } = chart.scales;
  const bottom = (value) => (y.type === "logarithmic" && value <= 0 ? y.bottom : y.getPixelForValue(value));
  let run = [];
  const close = () => {
    if (run.length > 1) {
      chart.ctx.beginPath();
      for (const i of run) chart.ctx.lineTo(x.getPixelForValue(set.data[i].x), bottom(set.high[i]));
      for (const i of run.reverse()) chart.ctx.lineTo(x.getPixelForValue(set.data[i].x), bottom(set.low[i]));
      chart.ctx.closePath();
      chart.ctx.fillStyle = fade(set.borderColor, isDark() ? 0.24 : 0.16);
      chart.ctx.fill();
    }
    run = [];
  };
  for (let i = 0; i < set.data.length; ++i) set.low[i] === null || set.data[i].x === null ? close() : run.push(i);
  close();
}

function drawWhiskers(chart, meta, set) {
  const { x, y } = chart.scales, across = set.sideways ? y : x, along = set.sideways ? x : y;
  chart.ctx.strokeStyle = set.borderColor;
  chart.ctx.lineWidth = 1.5;
  for (let i = 0; i < set.data.length; ++i) {
    if (set.low[i] === null) continue;
    const place = across.getPixelForValue(set.sideways ? set.data[i].y : set.data[i].x);
    const ends = [set.low[i], set.high[i]].map((value) => along.getPixelForValue(value));
    chart.ctx.beginPath();
    for (const [from, to] of [[[place, ends[0]], [place, ends[1]]],
      [[place - 4, ends[0]], [place + 4, ends[0]]], [[place - 4, ends[1]], [place + 4, ends[1]]]]) {
      chart.ctx.moveTo(...(set.sideways ? [from[1], from[0]] : from));
      chart.ctx.lineTo(...(set.sideways ? [to[1], to[0]] : to));
    }
    chart.ctx.stroke();
  }
}

/** A line through the points that are told. */
const pointer = {
  id: "pointer",
  afterDatasetsDraw(chart) {
    const active = chart.getActiveElements();
    if (!active.length || chart.data.datasets[0].sideways) return;
    const at = active[0].element.x, { top, bottom } = chart.chartArea;
    chart.ctx.save();
    chart.ctx.strokeStyle = chart.options.color;
    chart.ctx.globalAlpha = 0.4;
    chart.ctx.beginPath();
    chart.ctx.moveTo(at, top);
    chart.ctx.lineTo(at, bottom);
    chart.ctx.stroke();
    chart.ctx.restore();
  },
};

/** Of each line the point nearest to the pointer. */
Chart.Interaction.modes.each = (chart, event) => {
  const at = Chart.helpers.getRelativePosition(event, chart), items = [];
  const key = chart.data.datasets.length && chart.data.datasets[0].sideways ? "y" : "x";
  for (const meta of chart.getSortedVisibleDatasetMetas()) {
    let nearest = -1, distance = Infinity;
    meta.data.forEach((point, index) => {
      if (point.skip) return;
      const apart = Math.abs(point[key] - at[key]);
      if (apart < distance) [nearest, distance] = [index, apart];
    });
    if (nearest >= 0) items.push({ element: meta.data[nearest], datasetIndex: meta.index, index: nearest, distance });
  }
  // A line that has ended long before the pointer says nothing of this place.
  const least = Math.min(...items.map((item) => item.distance));
  return items.filter((item) => item.distance <= least + 12);
};
Chart.register(intervals, pointer);
