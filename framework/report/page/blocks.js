// The blocks of a section other than figures: tables, texts side by side, images, claims, notes, code.
"use strict";

function tableView(table, name = "") {
  const numeric = table.columns.map((_, column) =>
    table.rows.every((row) => row[column] === null || typeof row[column] === "number"));
  const head = element("tr", {}, ...table.columns.map((column, place) =>
    textElement("th", column.name, { scope: "col", class: numeric[place] ? "number" : null })));
  const body = element("tbody");
  table.rows.forEach((values, row) => {
    const line = element("tr", { class: [table.best.includes(row) ? "best" : "", table.breaks.includes(row) ? "break" : ""]
      .filter(Boolean).join(" ") || null });
    values.forEach((value, place) => {
      const shown = cell(value, table.columns[place]);
      const isHead = place === 0 && !numeric[0];
      const made = element(isHead ? "th" : "td", { scope: isHead ? "row" : null, class: numeric[place] ? "number" : null });
      if (table.columns[place].name === "best" && shown === "*")
        made.append(element("span", { class: "badge" }, "best"));
      else if (typeof shown === "string" && typeof value === "string") appendText(made, shown);
      else made.append(shown);
      line.append(made);
    });
    body.append(line);
  });
  const made = element("table", {}, element("thead", {}, head), body);
  const holder = element("div", { class: "scroll", role: "region", tabindex: "0" }, made);
  holder.setAttribute("aria-label", visible(name || table.caption || "Table"));
  return element("div", {}, table.caption ? textElement("p", table.caption, { class: "caption" }) : null, holder);
}

function claimsView(block) {
  return element("ul", { class: "claims" }, ...block.claims.map((claim) => {
    const line = element("li", { class: claim.holds ? "holds" : "fails" },
      element("span", { class: "sign" }, claim.holds ? "✓ holds" : "✗ does not hold"), " ");
    line.append(textElement("strong", claim.name));
    if (claim.details) line.append(" ", textElement("span", claim.details, { class: "soft" }));
    return line;
  }));
}

function measuresView(text) {
  const list = element("dl", { class: "measures" });
  for (const [name, value] of Object.entries(text.measures)) {
    const shown = /words|repetition/.test(name) ? Math.round(value * 100) + "%" : significant(value, 3);
    list.append(element("div", {}, textElement("dt", name), element("dd", {}, shown)));
  }
  return list;
}

function textView(text) {
  const words = element("div", { class: "text", tabindex: "0" });
  words.setAttribute("role", "group");
  words.setAttribute("aria-label", "Text");
  if (text.prompt) words.append(textElement("b", text.prompt, { class: "prompt" }));
  words.append(textElement("span", text.text));
  const made = element("div", { class: "sample" }, words);
  if (text.correct >= 0)
    made.append(element("p", { class: text.correct ? "holds" : "fails" }, text.correct ? "✓ correct" : "✗ not correct"));
  if (text.target && text.correct !== 1) made.append(textElement("p", "expected: " + text.target, { class: "soft" }));
  if (Object.keys(text.measures).length) made.append(measuresView(text));
  return made;
}

/** A list to choose from. */
function choice(label, names, first, words) {
  const list = element("select");
  for (const name of names) list.append(textElement("option", words(name)));
  list.selectedIndex = Math.max(0, names.indexOf(first));
  return { names, list, label: element("label", {}, label + " ", list), value: () => names[list.selectedIndex] };
}

/** A row for each system, a column for each temperature, one block and one prompt at a time. */
function textsView(block) {
  const prompts = [...new Set(block.texts.map((text) => text.prompt))], blocks = [...new Set(block.blocks)];
  const isAnswers = block.texts.every((text) => text.correct >= 0 || text.target);
  const prompt = choice("prompt", prompts, prompts[0], (one) => (one ? JSON.stringify(one) : "no prompt"));
  const part = choice("at", blocks, block.first_block, (one) => one);
  const holder = element("div", { class: "texts" });
  const shown = (text) => (isAnswers || text.prompt === prompt.value()) && block.blocks[text.row] === part.value();
  const show = () => {
    const head = element("tr", {}, textElement("th", block.row_name, { scope: "col" }),
      ...block.columns.map((name) => textElement("th", Number.isNaN(Number(name)) ? name : `${block.column_name} ${name}`,
        { scope: "col" })));
    const body = element("tbody");
    block.rows.forEach((name, row) => {
      const line = element("tr", {});
      const title = element("th", { scope: "row" }, swatch(block.hues[row]));
      appendText(title, name);
      line.append(title);
      block.columns.forEach((column, place) => {
        const own = block.texts.filter((text) => text.row === row && text.column === place && shown(text));
        const made = element("td", {}, ...own.map(textView));
        made.dataset.column = visible(column);
        line.append(made);
      });
      if (block.texts.some((text) => text.row === row && shown(text))) body.append(line);
    });
    holder.replaceChildren(element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Generated texts" },
      element("table", { class: "side-by-side" }, element("thead", {}, head), body)));
  };
  const choices = [part, ...(isAnswers ? [] : [prompt])].filter((one) => one.names.length > 1);
  for (const one of choices) one.list.addEventListener("change", show);
  show();
  return element("div", {}, choices.length
    ? element("div", { class: "controls" }, ...choices.map((one) => one.label)) : null, holder);
}

function imagesView(block) {
  return element("div", { class: "images" }, ...block.images.map((image) => {
    const picture = element("img", { src: "data:image/png;base64," + image.png });
    picture.alt = visible("Generated images: " + image.label);
    return element("figure", {}, picture, textElement("figcaption", image.label));
  }));
}

function codeView(block) {
  const text = textElement("code", block.text);
  const made = element("div", { class: "code" }, element("pre", { tabindex: "0" }, text));
  if (navigator.clipboard) {
    const button = element("button", { type: "button" }, "Copy");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.text);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    made.append(button);
  }
  return made;
}

const views = {
  paragraph: (block) => textElement("p", block.text, { class: "lead" }),
  notes: (block) => element("ul", { class: "notes", "aria-label": "Notes" },
    ...block.sentences.map((sentence) => textElement("li", sentence))),
  claims: claimsView,
  table: (block) => tableView(block, block.title),
  figure: (block) => new FigureView(block, block.title).element,
  texts: textsView,
  images: imagesView,
  code: codeView,
};

function blockView(block) {
  const make = () => views[block.kind](block);
  if (block.folded) return folded(block.title, make);
  if (!block.title) return make();
  return element("div", { class: "block" }, textElement("h3", block.title), make());
}
