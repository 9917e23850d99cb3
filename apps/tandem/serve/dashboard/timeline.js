// Which slot held which lane's batches when, and how fast each lane went: one axis of time.
import {get} from "./api.js";
import {LANES, duration, h, plural, rate, say, show, svg} from "./dom.js";

const COLUMNS = 240;
const WIDTH = 1000; // of the pictures' own space, stretched to where they stand
const AGAIN_MS = 1000;

// Steps over the columns: values [COLUMNS] of 0 to `most`, from `base` (values, or 0) upwards.
function area(values, most, height, base) {
  const step = WIDTH / values.length;
  const y = (v) => (height * (1 - Math.min(1, v / most))).toFixed(1);
  let up = `M0 ${y(base?.[0] ?? 0)}`, down = "";
  values.forEach((v, c) => { up += `V${y(v + (base?.[c] ?? 0))}H${((c + 1) * step).toFixed(1)}`; });
  for (let c = values.length - 1; base && c >= 0; c--)
    down += `V${y(base[c])}H${(c * step).toFixed(1)}`;
  return base ? `${up}${down}Z` : `${up}V${height}Z`;
}

// Round numbers on the axis, about one in 120 pixels.
function ticks(seconds, width) {
  const wanted = seconds / Math.max(2, width / 120);
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400,
                43200].find((s) => s >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
  const all = [];
  for (let i = 0; i * step <= seconds * 0.97; i++)
    all.push(i * step);
  return all;
}

function short(seconds) {
  if (seconds < 60)
    return `${+seconds.toFixed(1)} s`;
  const m = Math.floor(seconds / 60), s = Math.round(seconds % 60);
  if (m < 60)
    return `${m}:${String(s).padStart(2, "0")}`;
  return `${Math.floor(m / 60)}:${String(m % 60).padStart(2, "0")} h`;
}

// A mean over a few columns: a single short batch would else set the scale for all others.
function smooth(values) {
  const reach = 2;
  return values.map((_, c) => mean(values.slice(Math.max(0, c - reach), c + reach + 1)));
}

// How much of the time that either lane was at work both were.
function overlap(lanes) {
  let both = 0, either = 0;
  lanes.gte.in_flight.forEach((g, c) => {
    const k = lanes.coderank.in_flight[c];
    both += Math.min(1, g, k);
    either += Math.min(1, Math.max(g, k));
  });
  return either > 0 ? both / either : 0;
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

// A picture in a box of fixed height that takes the width it gets.
function picture(height, kind) {
  return svg("svg", {viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none",
                     class: `plot ${kind}`, "aria-hidden": "true", focusable: "false"});
}

function row(label, height, kind, title) {
  const plot = picture(height, kind);
  const value = h("span", {class: "num"});
  return {plot, value, node: h("div", {class: `line ${kind}`},
                               h("span", {class: "label", title}, label, value), plot)};
}

// The picture of one run. `id`: which; draw() is to be called when there is news.
export function timeline(id) {
  const lanes = LANES.map((lane) => ({...lane, ...row(`${lane.what} `, 40, "rate",
    `Chunks a second that ${lane.name} embedded`)}));
  const rows = h("div", {class: "slots"});
  const axis = h("div", {class: "axis", "aria-hidden": "true"});
  const readout = h("p", {class: "readout num"});
  const needle = h("div", {class: "needle", hidden: true});
  const plots = h("div", {class: "plots"}, lanes.map((lane) => lane.node), rows, axis, needle);
  const none = h("p", {class: "soft"}, "No batch has ended so far.");
  const node = h("section", {class: "timeline", "aria-label": "Timeline of batches"},
    h("div", {class: "caption"}, h("h3", {}, "Batches over time"),
      h("ul", {class: "legend", "aria-hidden": "true"},
        LANES.map((lane) => h("li", {class: lane.name}, `${lane.what} (${lane.name})`)),
        h("li", {class: "bad"}, "failed or tried again"))),
    none, plots, readout);
  let slots = [], data = null, stop = null, asked = 0, timer = 0, ended = false;

  function draw_slot(slot, i) {
    if (!slots[i]) {
      slots[i] = row(`slot ${i + 1} `, 20, "slot",
                     "Share of its time that this slot spent in calls");
      rows.append(slots[i].node);
    }
    const {plot, value} = slots[i];
    const step = WIDTH / slot.gte.length;
    plot.replaceChildren(
      svg("path", {class: "gte", d: area(slot.gte, 100, 20)}),
      svg("path", {class: "coderank", d: area(slot.coderank, 100, 20, slot.gte)}),
      ...slot.marks.map((c) => svg("rect", {class: "bad", x: c * step, width: Math.max(3, step),
                                            y: 0, height: 20})));
    say(value, `${Math.round(mean(slot.gte) + mean(slot.coderank))} %`);
  }

  function draw_axis(seconds) {
    const width = axis.clientWidth || 600;
    axis.replaceChildren(...ticks(seconds, width).map((at) => {
      const tick = h("span", {}, short(at));
      tick.style.left = `${100 * at / seconds}%`;
      return tick;
    }));
  }

  function draw() {
    const any = data.slots.length > 0;
    show(none, !any);
    show(plots, any);
    show(readout, any);
    if (!any)
      return;
    const curves = lanes.map((lane) => smooth(data.lanes[lane.name].chunks_per_second));
    const most = Math.max(1, ...curves.flat());
    lanes.forEach((lane, l) => {
      lane.plot.replaceChildren(svg("path", {class: lane.name, d: area(curves[l], most, 40)}));
      say(lane.value, `${rate(mean(data.lanes[lane.name].chunks_per_second))}/s`);
    });
    data.slots.forEach(draw_slot);
    slots.splice(data.slots.length).forEach((slot) => slot.node.remove());
    draw_axis(data.seconds);
    say(readout, summary());
  }

  // What the picture says, in words: for those who do not see it, and under it for all.
  function summary() {
    const parts = LANES.map((lane) =>
      `${mean(data.lanes[lane.name].in_flight).toFixed(2)} batches of ${lane.what}`);
    return `${duration(data.seconds)} in ${plural(data.slots_total, "slot")}: on average ` +
           `${parts.join(" and ")} in flight; both lanes at work ` +
           `${Math.round(100 * overlap(data.lanes))} % of the time.`;
  }

  function point(event) {
    const box = lanes[0].plot.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    if (!data?.slots.length || !(part >= 0 && part < 1)) {
      unpoint();
      return;
    }
    const c = Math.floor(part * data.lanes.gte.in_flight.length);
    show(needle, true);
    needle.style.left = `${event.clientX - plots.getBoundingClientRect().left}px`;
    say(readout, `at ${short(part * data.seconds)}: ` + LANES.map((lane) => {
      const of = data.lanes[lane.name];
      return `${lane.what} ${rate(of.chunks_per_second[c])} chunks/s, ` +
             `${of.in_flight[c].toFixed(1)} in flight`;
    }).join("; "));
  }

  function unpoint() {
    show(needle, false);
    if (data?.slots.length)
      say(readout, summary());
  }

  async function fetch_now() {
    if (document.hidden)
      return;
    stop = new AbortController();
    asked = performance.now();
    try {
      data = await get(`/jobs/${id}/timeline?columns=${COLUMNS}`, stop.signal);
      draw();
      ended = !data.live;
    } catch (error) {
      if (error.name !== "AbortError" && !data) {
        say(none, error.status ? error.message : "");
        show(plots, false);
      }
    } finally {
      stop = null;
    }
  }

  plots.addEventListener("pointermove", point);
  plots.addEventListener("pointerleave", unpoint);
  show(plots, false);
  return {
    node,
    // `running`: whether more will come.
    draw(running) {
      if (timer || (ended && !running))
        return;
      ended = false;
      const go = () => { // what is under way may be of before the last event
        timer = stop ? setTimeout(go, 100) : 0;
        if (!timer)
          fetch_now();
      };
      timer = setTimeout(go, Math.max(0, asked + AGAIN_MS - performance.now()));
    },
    close() {
      clearTimeout(timer);
      stop?.abort();
    },
  };
}
