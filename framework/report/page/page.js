// The page: chapters and sections, the ways to them, light and dark.
"use strict";

const themes = ["system", "light", "dark"];

function keepTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("unroll-theme", theme); } catch { /* a browser that keeps nothing */ }
  for (const mark of document.querySelectorAll(".swatch"))
    mark.style.setProperty("--hue", colourOf(Number(mark.dataset.hue)));
  for (const view of figures) view.draw();
}

function themeButton() {
  let theme = "system";
  try { theme = localStorage.getItem("unroll-theme") || theme; } catch { /* as above */ }
  if (!themes.includes(theme)) theme = "system";
  const button = element("button", { type: "button", class: "theme" });
  const show = () => {
    button.textContent = { system: "◐ auto", light: "☀ light", dark: "☾ dark" }[theme];
    button.setAttribute("aria-label", `Colours: ${theme === "system" ? "as the system" : theme}. Change them`);
    keepTheme(theme);
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    show();
  });
  show();
  return button;
}

function sectionView(section, prefix) {
  const made = element("section", { id: prefix + section.id },
    textElement("h2", section.title, { id: prefix + section.id + "-title" }));
  made.setAttribute("aria-labelledby", prefix + section.id + "-title");
  for (const block of section.blocks) made.append(blockView(block));
  return made;
}

function chapterView(chapter, place) {
  const prefix = `c${place}-`;
  const made = element("article", { id: `c${place}` },
    element("div", { class: "title" }, textElement("h1", chapter.name),
      chapter.about ? textElement("p", chapter.about, { class: "about" }) : null));
  for (const section of chapter.sections) made.append(sectionView(section, prefix));
  return made;
}

function navigation(page) {
  const list = element("nav", { "aria-label": "Sections" });
  page.chapters.forEach((chapter, place) => {
    const links = chapter.sections.map((section) =>
      textElement("a", section.title, { href: `#c${place}-${section.id}` }));
    if (page.chapters.length > 1) links.unshift(textElement("a", chapter.name, { href: `#c${place}`, class: "chapter" }));
    list.append(...links);
  });
  return list;
}

/** Draws a page in place of what is there. */
function show(page) {
  for (const view of figures) for (const chart of view.charts) chart.destroy();
  figures.length = 0;
  document.getElementById("head").replaceChildren(navigation(page), themeButton());
  (document.getElementById("page") ?? document.getElementById("main")).replaceChildren(...page.chapters.map(chapterView));
  const foot = textElement("p", `${page.source}, ${page.made_at}; made by ${page.generator}`);
  document.getElementById("foot").replaceChildren(foot,
    folded("Licence of the chart library", () => element("pre", {}, document.getElementById("licences").content.textContent)));
}

Chart.defaults.font.family = getComputedStyle(document.documentElement).fontFamily;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  keepTheme(document.documentElement.dataset.theme || "system"));
addEventListener("beforeprint", drawAll);
if (document.getElementById("data")) show(JSON.parse(document.getElementById("data").textContent));
