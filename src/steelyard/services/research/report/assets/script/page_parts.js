// What every part of the page uses: the report, the words, elements.
// Rule: a text from the report enters the page as text content only; no markup is ever parsed.

const REPORT = JSON.parse(document.getElementById("report").textContent);
const WORDS = JSON.parse(document.getElementById("words").textContent);
const RESULT = REPORT.result;
const UNITS = REPORT.units;
const CURRENCY = String(RESULT.currency);
const SVG = "http://www.w3.org/2000/svg";
const BUY = 1;
const state = { language: "en", theme: "light" };

// Money is shown with the decimals that matter at the size of the account.
const MONEY_PLACES = (() => {
  const start = Math.abs(Number(RESULT.equity_start)) || 0;
  return start >= 100 ? 2 : start >= 1 ? 4 : 8;
})();

// The word for a key; {name} in it is replaced. A key nobody translated is shown as it is.
function t(key, values = {}) {
  const found = WORDS[state.language][key];
  if (found === undefined) return key;
  return found.replace(/\{(\w+)\}/g, (whole, name) =>
    (name in values ? String(values[name]) : whole));
}

// A name such as a status: translated when it is one of ours, else as the report spells it.
function named(room, value) {
  const key = `${room}.${value}`;
  return WORDS[state.language][key] === undefined ? String(value ?? NONE) : t(key);
}

// What somebody wrote, in the reader's language where a twin stands beside it.
function written(item, key) {
  const twin = item.zh;
  if (state.language === "zh" && twin && typeof twin[key] === "string") return twin[key];
  return String(item[key] ?? "");
}

// A unit in full: a parameter may say "quote" where a reader wants to see the asset.
function unitName(unit) {
  if (unit === "quote") return UNITS.price;
  if (unit === "base") return UNITS.quantity;
  return named("unit", unit);
}

function money(value, places = MONEY_PLACES) {
  return `${signed(value, places)}\u00a0${CURRENCY}`;
}

function add(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  return add(element, children);
}

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return add(element, children);
}

function byId(id) {
  return document.getElementById(id);
}

function fill(id, ...children) {
  const element = byId(id);
  element.replaceChildren();
  return add(element, children);
}

function tone(value) {
  const sign = signOf(value);
  return sign > 0 ? "up" : sign < 0 ? "down" : "flat";
}

// Direction has a shape and a sign beside its colour.
function arrow(value) {
  const sign = signOf(value);
  return el("span", { class: `arrow ${tone(value)}`, "aria-hidden": "true" },
    sign > 0 ? "\u25b2" : sign < 0 ? "\u25bc" : "\u25a0");
}

function empty(key) {
  return el("p", { class: "empty" }, t(key));
}

function days() {
  const { start, end } = RESULT.data;
  const span = (momentOf(end) - momentOf(start)) / 86400000;
  return Number.isFinite(span) && span > 0 ? span : null;
}

// Draw again when the width changes: text in drawings keeps its size on every screen.
function onWidth(element, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width || !element.clientWidth) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
}
