// Texts and elements. Whatever a model, a corpus or a store holds reaches the page through here, as text and as nothing
// else: no markup is ever made of it.
"use strict";

/** Characters that do not show, or that turn the direction of what stands around them. */
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** What stands for a hidden character: a control picture, or its number. */
function picture(character) {
  const code = character.codePointAt(0);
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return "\u27e8U+" + code.toString(16).toUpperCase().padStart(4, "0") + "\u27e9";
}

/** The text with its hidden characters made visible; line breaks and tabs stay. */
function visible(text) {
  return String(text).replace(hidden, picture);
}

/** Appends a text in a direction of its own, its hidden characters marked. */
function appendText(parent, text) {
  const own = document.createElement("bdi");
  let end = 0;
  for (const match of String(text).matchAll(hidden)) {
    if (match.index > end) own.append(text.slice(end, match.index));
    const mark = document.createElement("span");
    mark.className = "hidden-character";
    mark.textContent = picture(match[0]);
    own.append(mark);
    end = match.index + match[0].length;
  }
  if (end < text.length) own.append(end ? text.slice(end) : text);
  parent.append(own);
}

/** An element with attributes ("on…": listeners) and children: elements, or strings of this script's own. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children) if (child !== null && child !== undefined) made.append(child);
  return made;
}

/** An element that holds a text from outside. */
function textElement(name, text, attributes = {}) {
  const made = element(name, attributes);
  appendText(made, String(text));
  return made;
}

/** A description of a page's parts that unfolds; its content is made when it is first shown. */
function folded(title, make, isOpen = false) {
  const made = element("details", {}, textElement("summary", title));
  let isMade = false;
  const fill = () => {
    if (isMade) return;
    isMade = true;
    made.append(make());
  };
  made.addEventListener("toggle", () => made.open && fill());
  made.fill = fill;
  if (isOpen) {
    fill();
    made.open = true;
  }
  return made;
}
