// Elements and figures. Text comes in as text: nothing here, or anywhere else in the page, reads
// markup from a string, so what a crawled page says can't become part of this one.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false)
      continue;
    if (name.startsWith("on"))
      element.addEventListener(name.slice(2), value);
    else
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

export const h = (tag, props, ...children) =>
  fill(document.createElement(tag), props, children);

export const svg = (tag, props, ...children) =>
  fill(document.createElementNS(SVG, tag), props, children);

// Text from outside, kept from turning the line around it when it is written right to left.
export const foreign = (text) => h("bdi", {}, text);

// A link to a crawled address; anything but http and https stays text.
export function away(address, ...children) {
  const inside = children.length ? children : [foreign(address)];
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // a path
  }
  if (!url || !/^https?:$/.test(url.protocol))
    return h("span", {}, inside);
  return h("a", {href: url.href, target: "_blank", rel: "noopener noreferrer"}, inside);
}

// Sets what has changed, so that a reader's selection and a screen reader's place survive.
export function say(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted)
    element.textContent = wanted;
}

export function show(element, shown) {
  if (element.hidden === shown)
    element.hidden = !shown;
}

// -- figures --

const whole = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit",
                                                  second: "2-digit", hour12: false});
const day = new Intl.DateTimeFormat(undefined, {year: "numeric", month: "short", day: "numeric"});

export const count = (n) => whole.format(n ?? 0);
export const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many ?? one + "s"}`;

export function rate(n) {
  if (!(n > 0))
    return "0";
  return n < 10 ? n.toFixed(1) : count(Math.round(n));
}

export function bytes(n) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let u = 0;
  while (n >= 1000 && u < units.length - 1) {
    n /= 1000;
    u++;
  }
  return `${u === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[u]}`;
}

export function duration(seconds) {
  if (seconds === null || !(seconds >= 0))
    return "";
  if (seconds < 10)
    return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds), m = Math.floor(s / 60), hours = Math.floor(m / 60);
  if (s < 60)
    return `${s} s`;
  if (m < 60)
    return `${m} min ${String(s % 60).padStart(2, "0")} s`;
  if (hours < 48)
    return `${hours} h ${String(m % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

export function when(ms) {
  const date = new Date(ms), today = new Date();
  const time = clock.format(date);
  return date.toDateString() === today.toDateString() ? time : `${day.format(date)}, ${time}`;
}

// -- small parts --

export function figure(label, props) {
  const value = h("dd", {class: "num"}, "0");
  return {value, node: h("div", {class: "figure", ...props}, h("dt", {}, label), value)};
}

export const empty = (title, ...text) =>
  h("div", {class: "empty"}, h("h3", {}, title), h("p", {}, text));

export const failure = (error) =>
  h("p", {class: "error", role: "alert"}, error.message);

export const LANES = [
  {name: "gte", what: "prose"},
  {name: "coderank", what: "code"},
];

export const lane_chip = (name) =>
  h("span", {class: `chip ${name === "coderank" ? "coderank" : "gte"}`},
    LANES.find((lane) => lane.name === name)?.what ?? name);
