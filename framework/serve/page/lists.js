// Lists of experiments and trials, and how far they are.
"use strict";

const statusOrder = ["finished", "running", "interrupted", "diverged", "failed", "queued"];

function address(path, parameters) {
  const words = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return path + (words.length ? "?" + words.join("&") : "");
}

function link(text, href) { return textElement("a", text, { href }); }

function total(statuses) { return Object.values(statuses).reduce((sum, count) => sum + count, 0); }

/** "12 of 36 finished, 2 running". */
function inWords(statuses) {
  const words = [`${statuses.finished || 0} of ${total(statuses)} finished`];
  for (const status of statusOrder.slice(1)) if (statuses[status]) words.push(`${statuses[status]} ${status}`);
  return words.join(", ");
}

/** Shares of a whole as a bar; the words beside it say the same. */
function bar(parts, whole) {
  const made = element("span", { class: "bar", "aria-hidden": "true" });
  for (const [name, count] of parts) {
    const part = element("span", { class: name });
    part.style.width = (100 * count) / Math.max(1, whole) + "%";
    made.append(part);
  }
  return made;
}

function statusBar(statuses) {
  const parts = statusOrder.filter((one) => one !== "queued" && statuses[one]).map((one) => [one, statuses[one]]);
  return bar(parts, total(statuses));
}

function plainTable(columns, rows, name, className) {
  const head = element("tr", {}, ...columns.map((column) => textElement("th", column, { scope: "col" })));
  const holder = element("div", { class: "scroll " + (className || ""), role: "region", tabindex: "0" },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
  holder.setAttribute("aria-label", visible(name));
  return holder;
}

// ---- All experiments ------------------------------------------------------------------------------------------------

const trialLink = (id, db) =>
  element("th", { scope: "row" }, link("trial " + id, address("/trial", [["db", db], ["id", id]])));
const numberCell = (text) => textElement("td", text, { class: "number" });

function experimentRow(experiment, place) {
  const name = element("th", { scope: "row" },
    link(experiment.name, address("/experiment", [["db", place], ["name", experiment.name]])));
  if (experiment.about) name.append(textElement("p", experiment.about, { class: "about" }));
  return element("tr", {}, name,
    element("td", {}, element("div", { class: "progress" },
      statusBar(experiment.statuses), textElement("span", inWords(experiment.statuses)))),
    textElement("td", experiment.updated_at.slice(0, 16).replace("T", " ")));
}

function databaseView(database, place) {
  const made = element("section", {}, textElement("h2", database.file));
  if (database.problem) made.append(problemView({ found: database.problem }));
  else if (!database.is_there || !database.experiments.length)
    made.append(textElement("p", database.is_there ? "No experiments yet."
      : "This file does not exist yet. It will appear once a run creates it.", { class: "soft" }));
  else
    made.append(plainTable(["experiment", "trials", "planned (UTC)"],
      database.experiments.map((experiment) => experimentRow(experiment, place)), "Experiments of " + database.file,
      "experiments"));
  return made;
}

function indexView(state) {
  return element("div", {}, element("div", { class: "title" }, element("h1", {}, "Experiments")),
    ...state.databases.map(databaseView));
}

// ---- One experiment -------------------------------------------------------------------------------------------------

function experimentState(state, db) {
  const made = element("div", { class: "panel-of-state" },
    element("div", { class: "progress" }, statusBar(state.statuses), textElement("span", inWords(state.statuses))));
  if (state.running.length)
    made.append(plainTable(["running trial", "settings", "step", "of", "training loss", ""],
      state.running.map((trial) => element("tr", {}, trialLink(trial.id, db),
        textElement("td", trial.label), numberCell(grouped(trial.step)), numberCell(grouped(trial.steps)),
        numberCell(trial.loss === null ? "" : trial.loss.toFixed(4)),
        textElement("td", trial.is_silent ? "no heartbeat for a minute" : "", { class: "status-failed" }))),
      "Running trials"));
  return made;
}

/** What of the experiment is shown: the metric, trials by the values of its axes. `change` is told. */
function choicesView(data, parameters, change) {
  const row = element("div", { class: "controls", role: "group", "aria-label": "Filters" });
  const add = (label, values, chosen, told) => {
    const list = element("select", { onchange: () => told(values[list.selectedIndex]) });
    for (const value of values) list.append(textElement("option", value === null ? "all" : value || "none"));
    list.selectedIndex = Math.max(0, values.indexOf(chosen));
    row.append(element("label", {}, textElement("span", label), " ", list));
  };
  const metrics = [...new Set([data.metric, ...data.series])];
  if (metrics.length > 1) add("metric", metrics, parameters.get("metric") || data.metric, change.metric);
  const conditions = parameters.getAll("where");
  for (const axis of data.axes) {
    const own = conditions.find((one) => one.startsWith(axis.name + "="));
    add(axis.name, [null, ...axis.values], own === undefined ? null : own.slice(axis.name.length + 1),
      (value) => change.where(axis.name, value));
  }
  return row;
}

function trialsView(data, db) {
  const few = 30, { trials } = data;
  const table = () => plainTable(["trial", "settings", "status", "step", "of", data.metric],
    trials.map((trial) => element("tr", {}, trialLink(trial.id, db),
      textElement("td", trial.label), textElement("td", trial.status, { class: "status-" + trial.status }),
      numberCell(grouped(trial.step)), numberCell(grouped(trial.steps)),
      numberCell(trial.value === null ? "" : significant(trial.value, 5)))), "Trials");
  return element("section", { id: "trials" }, element("h2", {}, "Trials"),
    folded(trials.length < 1000 ? `All ${trials.length} trials` : "First 1,000 trials", table,
      trials.length <= few));
}

// ---- One trial ------------------------------------------------------------------------------------------------------

function trialState(state) {
  return element("div", { class: "panel-of-state" }, element("div", { class: "progress" },
    bar([[state.status, state.status === "finished" ? state.steps : state.step]], state.steps),
    textElement("span", state.status, { class: "status-" + state.status }),
    textElement("span", `step ${grouped(state.step)} of ${grouped(state.steps)}`)));
}

// ---- What went wrong ------------------------------------------------------------------------------------------------

function problemView(problem) {
  const made = element("div", { class: "problem", role: "alert" },
    textElement("pre", (problem.where ? problem.where + ": " : "") + problem.found));
  if (problem.expected) made.append(textElement("p", "expected: " + problem.expected));
  if (problem.help) made.append(textElement("p", "help: " + problem.help));
  return made;
}
