// A newer page in place of an older one: what has not changed stays as it is, and so does what was chosen in the rest.
"use strict";

const sectionOf = (chapter, section) => document.getElementById(`c${chapter}-${section.id}`);

/** What was chosen, unfolded and scrolled in an element, for another one like it. */
function keepChoices(from, to) {
  const pairs = (selector, use) => {
    const later = [...to.querySelectorAll(selector)];
    [...from.querySelectorAll(selector)].forEach((one, place) => later[place] && use(one, later[place]));
  };
  const unfold = (fold, isOpen) => { if (isOpen) fold.fill(); fold.open = isOpen; };
  if (from.fill && to.fill) unfold(to, from.open);
  const titled = (fold) => fold.firstChild.textContent;
  const folds = new Map([...from.querySelectorAll("details")].map((fold) => [titled(fold), fold.open]));
  for (const fold of to.querySelectorAll("details"))
    if (fold.fill && folds.has(titled(fold))) unfold(fold, folds.get(titled(fold)));
  pairs("select", (one, other) => {
    if (other.options.length !== one.options.length || one.selectedIndex === other.selectedIndex) return;
    other.selectedIndex = one.selectedIndex;
    other.dispatchEvent(new Event("change"));
  });
  return () => pairs(".scroll, .text", (one, other) => other.scrollTo(one.scrollLeft, one.scrollTop));
}

function replaceKeeping(before, after) {
  const scroll = keepChoices(before, after);
  before.replaceWith(after);
  scroll();
}

function updateBlock(before, after, shown) {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const view = after.kind === "figure" ? figures.find((one) => shown.contains(one.element)) : null;
  if (view && view.canBecome(after)) view.become(after);
  else replaceKeeping(shown, blockView(after));
}

function updateSection(before, after, chapter) {
  const shown = sectionOf(chapter, before);
  const frame = (section) => JSON.stringify([section.title,
    section.blocks.map((block) => [block.kind, block.title, block.folded])]);
  if (frame(before) !== frame(after)) return replaceKeeping(shown, sectionView(after, `c${chapter}-`));
  after.blocks.forEach((block, place) => updateBlock(before.blocks[place], block, shown.children[1 + place]));
}

/** Figures that are no longer on the page let go of their charts. */
function forgetRemoved() {
  for (let place = figures.length; place-- > 0;) {
    if (figures[place].element.isConnected) continue;
    for (const chart of figures[place].charts) chart.destroy();
    figures.splice(place, 1);
  }
}

/** Brings what is shown of a page up to a newer one. */
function update(before, after) {
  const frame = (page) => JSON.stringify(page.chapters.map((chapter) =>
    [chapter.name, chapter.about, chapter.sections.map((section) => section.id)]));
  if (!before || frame(before) !== frame(after)) {
    const at = scrollY, old = document.getElementById("page").cloneNode(false);
    old.append(...document.getElementById("page").childNodes);
    show(after);
    keepChoices(old, document.getElementById("page"))();
    if (before) scrollTo(0, at);
    return;
  }
  after.chapters.forEach((chapter, place) => chapter.sections.forEach((section, at) =>
    updateSection(before.chapters[place].sections[at], section, place)));
  forgetRemoved();
}
