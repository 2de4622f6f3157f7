// The page of queries.
"use strict";

const examples = [
  ["the experiments", "SELECT name, about, updated_at FROM experiment ORDER BY updated_at DESC"],
  ["the best trials", "SELECT experiment, trial_id, cell, learning_rate, seed, validation_loss\n" +
    "FROM result WHERE status = 'finished' ORDER BY validation_loss LIMIT 20"],
  ["generated texts", "SELECT cell, temperature, known_word_rate, text\n" +
    "FROM sample JOIN trial ON trial.id = trial_id ORDER BY sample.id DESC LIMIT 20"],
  ["failed attempts", "SELECT trial_id, number, outcome, cause, error\n" +
    "FROM attempt WHERE error IS NOT NULL ORDER BY id DESC LIMIT 50"],
];

function resultView(data, seconds) {
  const columns = data.columns.map((name) => ({ name, decimals: -1, significant: 6 }));
  const count = `${data.rows.length} row${data.rows.length === 1 ? "" : "s"}`;
  const words = data.is_cut ? `First ${count}; more were omitted` : count;
  return element("div", {}, textElement("p", `${words}. ${seconds.toFixed(2)} s`, { class: "soft" }),
    tableView({ caption: "", columns, rows: data.rows, best: [], breaks: [] }, "Result"));
}

function queryView(databases) {
  const list = element("select");
  for (const database of databases) list.append(textElement("option", database.file));
  list.selectedIndex = Math.min(Number(parameters.get("db")) || 0, databases.length - 1);
  const words = element("textarea",
    { spellcheck: "false", autocapitalize: "off", "aria-label": "Query", rows: "6" });
  try { words.value = decodeURIComponent(location.hash.slice(1)) || examples[0][1]; } catch { words.value = examples[0][1]; }
  const button = element("button", { type: "button", class: "run" }, "Run (Ctrl+Enter)");
  const result = element("div", { "aria-live": "polite" });
  const run = async () => {
    button.disabled = true;
    history.replaceState(null, "", "#" + encodeURIComponent(words.value));
    result.replaceChildren(element("p", { class: "soft" }, "…"));
    const before = performance.now();
    try {
      const data = await ask(address("/api/sql", [["db", list.selectedIndex], ["q", words.value]]));
      const seconds = (performance.now() - before) / 1000;
      result.replaceChildren(data.error ? problemView(data.error) : resultView(data, seconds));
    } catch (lost) {
      result.replaceChildren(problemView({ found: String(lost.message) }));
    }
    button.disabled = false;
  };
  button.addEventListener("click", run);
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  });
  const choices = examples.map(([name, text]) =>
    element("button", { type: "button", onclick: () => { words.value = text; run(); } }, name));
  return element("div", { class: "query" },
    element("div", { class: "title" }, element("h1", {}, "Query"),
      element("p", { class: "about" }, "Read-only: one SELECT, limited to 10 seconds and 1,000 rows. " +
        "Tables and views are documented in results/README.md.")),
    databases.length > 1 ? element("div", { class: "controls" }, element("label", {}, "database ", list)) : null,
    words, element("div", { class: "controls examples" }, button, element("span", {}, "examples:"), ...choices), result);
}
