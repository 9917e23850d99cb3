// One run: how far it is, both lanes, its timeline, its pages with what became of them.
import {get, post} from "./api.js";
import {LANES, away, bytes, count, duration, empty, failure, figure, foreign, h, lane_chip, plural,
        rate, say, show, when} from "./dom.js";
import {is_loaded, is_running, is_waiting, job_of, rate_of, title_of, watch} from "./jobs.js";
import {timeline} from "./timeline.js";

const PAGES_AT_ONCE = 50;
const PAGES_AGAIN_MS = 1500;
const STATES = [
  ["", "All"], ["fetched", "Fetched"], ["unchanged", "Unchanged"], ["skipped", "Skipped"],
  ["failed", "Failed"],
];

export function status_of(job) {
  return is_waiting(job) ? "waiting" : job.status;
}

export function badge(job) {
  const status = status_of(job);
  return h("span", {class: `badge ${status}`}, status);
}

export async function cancel(job, button) {
  button.disabled = true;
  try {
    await post(`/cancel/${job.progress_id}`);
  } catch (error) {
    button.disabled = false;
    button.after(failure(error));
  }
}

// -- one lane, now --

function lane_card({name, what}) {
  const queue = figure("queue"), flight = figure("in flight"), speed = figure("chunks/s");
  const bar = h("div", {class: "bar"}, h("i", {class: `done ${name}`}),
                h("i", {class: `cached ${name}`}), h("i", {class: "failed"}));
  const done = h("p", {class: "under num"});
  const note = h("p", {class: "warn", hidden: true});
  const node = h("section", {class: `lane ${name}`, "aria-label": `Lane ${name}, ${what}`,
                             "data-lane": name},
    h("h3", {}, what, h("span", {class: "soft"}, ` ${name}`)),
    h("dl", {class: "figures"}, queue.node, flight.node, speed.node), bar, done, note);

  function part(element, n, total) {
    element.style.width = total > 0 ? `${100 * n / total}%` : "0";
  }
  return {
    node,
    draw(job) {
      const lane = job.lanes?.[name];
      if (!lane)
        return;
      const live = is_running(job);
      const embedded = Math.max(0, lane.done - lane.cached);
      say(queue.value, count(live ? Math.max(0, lane.total - lane.done - lane.failed) : 0));
      say(flight.value, count(live ? lane.in_flight : 0));
      say(speed.value, rate(rate_of(job, name)));
      part(bar.children[0], embedded, lane.total);
      part(bar.children[1], lane.cached, lane.total);
      part(bar.children[2], lane.failed, lane.total);
      say(done, `${count(lane.done)} of ${plural(lane.total, "chunk")}` +
          (lane.cached ? `, ${count(lane.cached)} from the cache` : "") +
          (lane.failed ? `, ${count(lane.failed)} failed` : "") +
          (lane.retries ? `, ${plural(lane.retries, "retry", "retries")}` : ""));
      node.classList.toggle("idle", lane.total === 0);
      show(note, live && lane.paused === true);
      say(note, "Its server fails; the lane waits before it tries again.");
    },
  };
}

// -- the live panel: what the list of runs and the page of a run have in common --

export function panel(id) {
  const bar = h("progress", {max: 100, value: 0, "aria-label": "How far"});
  const phase = h("span", {class: "phase"});
  const percent = h("span", {class: "num percent"});
  const log = h("p", {class: "log"});
  const read = figure("pages"), same = figure("unchanged"), skipped = figure("skipped"),
        failed = figure("failed"), chunks = figure("chunks"), time = figure("time"),
        left = figure("left");
  const lanes = LANES.map(lane_card);
  const line = timeline(id);
  const cards = h("div", {class: "lanes"}, lanes.map((lane) => lane.node));
  const only_read = h("p", {class: "soft note", hidden: true},
    "This run only reads: it names no project or dataset, so nothing is embedded or stored.");
  const node = h("div", {class: "panel"},
    h("div", {class: "progress"}, phase, bar, percent), log,
    h("dl", {class: "figures strip"}, read.node, same.node, skipped.node, failed.node, chunks.node,
      time.node, left.node),
    cards, only_read, line.node);

  return {
    node,
    draw(job) {
      const live = is_running(job);
      bar.value = job.progress;
      say(percent, `${job.progress} %`);
      say(phase, live ? (is_waiting(job) ? "waiting" : job.current_phase) : job.status);
      log.replaceChildren(foreign(job.log));
      const others = job.pages_failed + job.pages_skipped + job.pages_unchanged;
      say(read.value, count(Math.max(0, job.processed_pages - others)));
      say(same.value, count(job.pages_unchanged));
      say(skipped.value, count(job.pages_skipped));
      say(failed.value, count(job.pages_failed));
      failed.node.classList.toggle("bad", job.pages_failed > 0);
      say(chunks.value, count(job.chunks_total));
      say(time.value, duration(job.seconds));
      show(left.node, live && job.eta_seconds > 0);
      say(left.value, `~ ${duration(job.eta_seconds)}`);
      const stores = Boolean(job.request?.project || job.request?.dataset);
      show(cards, stores);
      show(line.node, stores && !is_waiting(job));
      show(only_read, !stores);
      lanes.forEach((lane) => lane.draw(job));
      if (stores && !is_waiting(job))
        line.draw(live);
    },
    close: () => line.close(),
  };
}

// -- its pages --

function page_row(page) {
  const detail = page.reason ? h("span", {class: page.state === "failed" ? "why bad" : "why"},
                                 foreign(page.reason)) : null;
  const chunks = LANES.filter((lane) => page.chunks?.[lane.name]).map((lane) =>
    h("span", {class: "of-lane"}, h("span", {class: "num"}, count(page.chunks[lane.name])), " ",
      lane_chip(lane.name)));
  return h("tr", {"data-n": page.n},
    h("td", {"data-label": "State"}, h("span", {class: `state ${page.state}`}, page.state)),
    h("td", {class: "what", "data-label": "Page"},
      page.title ? h("div", {class: "title"}, foreign(page.title)) : null,
      h("div", {class: "address"}, away(page.url)), detail),
    h("td", {class: "num", "data-label": "Status"}, page.http_status || ""),
    h("td", {class: "num", "data-label": "Size"}, page.bytes ? bytes(page.bytes) : ""),
    h("td", {class: "chunks", "data-label": "Chunks"}, chunks),
    h("td", {class: "num", "data-label": "At"}, page.at_ms ? when(page.at_ms) : ""));
}

function pages(id) {
  const body = h("tbody");
  const more = h("button", {type: "button", hidden: true}, "Older pages");
  const note = h("p", {class: "soft", role: "status"});
  const counts = new Map();
  let state = "", newest = 0, next = null, busy = false, asked = 0, timer = 0, over = false;
  let stop = new AbortController();

  const choice = h("fieldset", {class: "tabs"}, h("legend", {class: "hidden"}, "Which pages"),
    STATES.map(([value, name]) => {
      const n = h("span", {class: "num"});
      const radio = h("input", {type: "radio", name: "state", value, checked: value === "",
                                onchange: () => choose(value)});
      counts.set(value, n);
      return h("label", {}, radio, h("span", {}, name, " ", n));
    }));
  const table = h("table", {class: "pages"},
    h("caption", {class: "hidden"}, "Pages, the last one first"),
    h("thead", {}, h("tr", {}, ["State", "Page", "Status", "Size", "Chunks", "At"].map((name) =>
      h("th", {scope: "col"}, name)))), body);
  const node = h("section", {"aria-labelledby": "pages-title", class: "block"},
    h("div", {class: "caption"}, h("h2", {id: "pages-title"}, "Pages"), choice),
    h("div", {class: "wide"}, table), note, more);

  const ask = (before) => get(`/jobs/${id}/pages?limit=${PAGES_AT_ONCE}` +
    (state ? `&state=${state}` : "") + (before !== null ? `&before=${before}` : ""), stop.signal);

  function settle(answer) {
    next = answer.next;
    show(more, next !== null);
    show(table, body.children.length > 0);
    const cut = answer.listed >= answer.total ? ""
      : `Only the first ${count(answer.listed)} of ${plural(answer.total, "page")} are listed.`;
    const none = state ? `No page is ${state}.` : "No page has come so far.";
    say(note, body.children.length ? cut : none);
  }

  // The newest ones; those that are shown already stay where they are.
  async function refresh() {
    busy = true;
    asked = performance.now();
    try {
      const answer = await ask(null);
      const fresh = answer.pages.filter((page) => page.n > newest);
      if (newest === 0 || fresh.length === answer.pages.length) {
        body.replaceChildren(...answer.pages.map(page_row));
        settle(answer);
      } else {
        body.prepend(...fresh.map(page_row));
        settle({...answer, next});
      }
      newest = answer.pages[0]?.n ?? newest;
    } catch (error) {
      if (error.name !== "AbortError")
        say(note, error.message);
    } finally {
      busy = false;
    }
  }

  async function older() {
    more.disabled = true;
    try {
      const answer = await ask(next);
      const first = answer.pages.map(page_row);
      body.append(...first);
      settle(answer);
      if (first[0]) {
        first[0].tabIndex = -1;
        first[0].focus();
      }
    } catch (error) {
      if (error.name !== "AbortError")
        say(note, error.message);
    } finally {
      more.disabled = false;
    }
  }

  function choose(value) {
    stop.abort();
    stop = new AbortController();
    state = value;
    newest = 0;
    refresh();
  }

  more.addEventListener("click", older);
  show(table, false);
  return {
    node,
    draw(job) {
      const read = job.processed_pages - job.pages_failed - job.pages_skipped - job.pages_unchanged;
      const of = {"": job.processed_pages, fetched: Math.max(0, read),
                  unchanged: job.pages_unchanged, skipped: job.pages_skipped,
                  failed: job.pages_failed};
      for (const [value, n] of counts)
        say(n, count(of[value]));
      if (timer || over || document.hidden)
        return;
      over = !is_running(job);
      const go = () => { // what is under way may be of before the last event
        timer = busy ? setTimeout(go, 100) : 0;
        if (!timer)
          refresh();
      };
      timer = setTimeout(go, Math.max(0, asked + PAGES_AGAIN_MS - performance.now()));
    },
    close() {
      clearTimeout(timer);
      stop.abort();
    },
  };
}

// -- the page of a run --

function facts(job) {
  const r = job.request ?? {};
  const rows = [
    ["Mode", r.mode], ["Project", r.project], ["Dataset", r.dataset], ["Scope", r.scope],
    ["Links deep", r.mode === "recursive" ? Math.max(0, r.max_depth - 1) : null],
    ["Pages at most", r.max_pages || "no limit"],
    ["Asked for at", when(job.started_at_ms)],
    ["Id", h("code", {}, job.progress_id)],
  ];
  return h("dl", {class: "facts"}, rows.filter(([, value]) => value || value === 0).map(
    ([name, value]) => h("div", {}, h("dt", {}, name),
                         h("dd", {}, typeof value === "string" ? foreign(value) : value))));
}

export function run_view(root, id) {
  let parts = null;

  function build(job) {
    const mark = h("span", {});
    const stop = h("button", {type: "button", class: "danger"}, "Cancel");
    const again = h("a", {class: "button", href: `#/?again=${id}`}, "Run again");
    const live = panel(id), list = pages(id);
    const addresses = job.request?.urls ?? [];
    stop.addEventListener("click", () => cancel(job_of(id), stop));
    root.replaceChildren(
      h("nav", {class: "crumbs", "aria-label": "Where"}, h("a", {href: "#/"}, "Runs"), " / "),
      h("div", {class: "head"}, h("h1", {tabindex: -1}, foreign(title_of(job))), mark,
        h("div", {class: "row"}, stop, again)),
      facts(job), h("div", {class: "block"}, live.node), list.node,
      addresses.length > 1 ? h("details", {class: "block"},
        h("summary", {}, plural(addresses.length, "address", "addresses")),
        h("ul", {class: "addresses"}, addresses.map((a) => h("li", {}, away(a))))) : "");
    return {mark, stop, again, live, list};
  }

  function draw() {
    const job = job_of(id);
    if (!job) {
      if (is_loaded())
        root.replaceChildren(h("h1", {tabindex: -1}, "Run"), empty("This run is not known here",
          "It may be older than the newest hundred, or of another index. ",
          h("a", {href: "#/"}, "All runs")));
      parts = null;
      return;
    }
    parts ??= build(job);
    if (parts.mark.textContent !== status_of(job))
      parts.mark.replaceChildren(badge(job));
    show(parts.stop, is_running(job));
    show(parts.again, !is_running(job));
    parts.live.draw(job);
    parts.list.draw(job);
  }

  const unwatch = watch(draw);
  draw();
  return () => {
    unwatch();
    parts?.live.close();
    parts?.list.close();
  };
}
