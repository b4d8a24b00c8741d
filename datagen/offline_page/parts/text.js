"use strict";
// Text of strangers becomes text nodes, never HTML. What steers a display, or hides, is spelt out (as visible.py does).

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff]/gu;

const byId = (id) => document.getElementById(id);

const codeOf = (character) => "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

/** One string, for places that take no elements. */
const plain = (text) => String(text).replace(HIDDEN, (found) => `⟨${codeOf(found)}⟩`);

/** An element; children are elements or strings, and null and false are left out. */
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    if (child instanceof Node) made.append(child);
    else append(made, String(child));
  }
  return made;
}

/** Adds text to an element, each hidden character as a small mark of its own. */
function append(parent, text) {
  let end = 0;
  for (const found of text.matchAll(HIDDEN)) {
    parent.append(text.slice(end, found.index));
    const mark = document.createElement("span");
    mark.className = "hidden-character";
    mark.textContent = codeOf(found[0]);
    parent.append(mark);
    end = found.index + found[0].length;
  }
  parent.append(text.slice(end));
}

const number = (value) => value.toLocaleString("en-US");

/** JSON text as a value; what is none stays the text. */
function read(text) {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const short = (value) => (typeof value === "string" ? value : JSON.stringify(value));
