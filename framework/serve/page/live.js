// What is shown at which address, and how it follows: a few bytes are asked for twice a second, and the page again when
// these say so. No connection stays open for that: any number of pages can be open, and one that closes leaves nothing.
"use strict";

const view = { "/": "index", "/experiment": "experiment", "/trial": "trial", "/sql": "sql" }[location.pathname];
const parameters = new URLSearchParams(location.search);
const pause = { shown: 400, hidden: 10000, lost: 2000 };
let mark = "", made = "", drawn = null, stateShown = "";

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if ((answer.headers.get("Content-Type") || "").startsWith("application/json")) return answer.json();
  throw new Error((await answer.text()).trim() || `status ${answer.status}`);
}

/** The parameters that say what is shown. */
function asked() {
  const known = ["db", "name", "id", "by", "metric", "where"];
  return [["view", view], ...[...parameters].filter(([name]) => known.includes(name))];
}

const db = () => parameters.get("db") || "0";
const place = (id) => document.getElementById(id);

/** The ways from here to the other pages, before those to the sections of this one. */
function drawWays(experiments = []) {
  const nav = place("head").querySelector("nav") || element("nav", { "aria-label": "Pages" });
  const ways = [link("Experiments", "/")];
  for (const name of experiments) ways.push(link(name, address("/experiment", [["db", db()], ["name", name]])));
  ways.push(link("Query", address("/sql", [["db", db()]])));
  for (const way of ways) way.classList.add("chapter");
  nav.prepend(...ways);
  if (!nav.isConnected) place("head").replaceChildren(nav, themeButton());
}

function choose(change) {
  change();
  history.replaceState(null, "", "?" + parameters);
  mark = made = "";
  fetchPage();
}

const changes = {
  metric: (value) => choose(() => parameters.set("metric", value)),
  where: (axis, value) => choose(() => {
    const others = parameters.getAll("where").filter((one) => !one.startsWith(axis + "="));
    parameters.delete("where");
    for (const one of value === null ? others : [...others, `${axis}=${value}`]) parameters.append("where", one);
  }),
};

let fetching = 0;

async function fetchPage() {
  const own = ++fetching, data = await ask(address("/api/page", asked()));
  if (own !== fetching) return;  // something else has been chosen meanwhile
  if (data.error) {
    for (const one of figures.splice(0)) for (const chart of one.charts) chart.destroy();
    drawn = null;
    place("page").replaceChildren(problemView(data.error));
    place("more").replaceChildren();
    return drawWays();
  }
  const isFirst = !drawn;
  update(drawn, data.page);
  if (isFirst || !place("head").querySelector('a[href="/"]')) drawWays(data.experiments);
  drawn = data.page;
  [mark, made] = [data.mark, data.revision];
  if (view === "experiment") drawLists(data);
}

function drawLists(data) {
  const made = element("div", {}, trialsView(data, db()));
  if (place("more").firstChild) replaceKeeping(place("more").firstChild, made);
  else place("more").append(made);
  const choices = choicesView(data, parameters, changes), before = document.querySelector(".controls.of-page");
  choices.classList.add("of-page");
  if (before && before.textContent === choices.textContent) return;
  if (before) before.replaceWith(choices);
  else place("state").after(choices);
}

function drawState(state) {
  const text = JSON.stringify(state);
  if (text === stateShown) return;
  stateShown = text;
  if (view === "index") place("state").replaceChildren(indexView(state));
  if (view === "experiment") {
    place("state").replaceChildren(experimentState(state, db()));
    document.title = visible(`${state.statuses.finished || 0}/${total(state.statuses)} ${parameters.get("name")}`);
  }
  if (view === "trial") {
    place("state").replaceChildren(trialState(state));
    document.title = `trial ${parameters.get("id")}: ${state.status}`;
  }
}

async function look() {
  const live = await ask(address("/api/live", [...asked(), ["have", mark], ["made", made]]));
  place("connection").textContent = "";
  if (live.error) {
    stateShown = "";
    place("state").replaceChildren(problemView(live.error));
    return;
  }
  drawState(live.state);
  if (view !== "index" && (!drawn || live.is_due)) await fetchPage();
}

let timer = 0;

async function follow() {
  clearTimeout(timer);
  let next = document.hidden ? pause.hidden : pause.shown;
  try {
    await look();
  } catch (lost) {
    place("connection").textContent =
      `Lost connection to unroll serve (${lost.message}). Showing the last data received; retrying.`;
    next = pause.lost;
  }
  timer = setTimeout(follow, next);
}

async function begin() {
  drawWays();
  if (view !== "sql") {
    document.addEventListener("visibilitychange", () => { if (!document.hidden) follow(); });
    return follow();
  }
  document.title = "Unroll: query";
  const live = await ask("/api/live?view=index");
  place("state").replaceChildren(queryView(live.state.databases));
}

begin();
