// What the index holds, what the cache saves, which models embed.
import {get} from "./api.js";
import {LANES, bytes, count, duration, empty, failure, figure, foreign, h, lane_chip, plural, say}
  from "./dom.js";

const AGAIN_MS = 5000;

function figures(rows) {
  return h("dl", {class: "figures strip"}, rows.map(([label, value, bad]) => {
    const f = figure(label);
    say(f.value, value);
    f.node.classList.toggle("bad", Boolean(bad));
    return f.node;
  }));
}

function block(title, id, ...inside) {
  return h("section", {class: "block", "aria-labelledby": id}, h("h2", {id}, title), inside);
}

function table(caption, heads, rows) {
  return h("div", {class: "wide"}, h("table", {},
    h("caption", {class: "hidden"}, caption),
    h("thead", {}, h("tr", {}, heads.map(([name, number]) =>
      h("th", {scope: "col", class: number ? "num" : ""}, name)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value, i) =>
      h("td", {class: heads[i][1] ? "num" : "what", "data-label": heads[i][0]},
        typeof value === "string" ? foreign(value) : value)))))));
}

function share(part, whole) {
  return whole > 0 ? `${(100 * part / whole).toFixed(1)} %` : "none so far";
}

function store_block(status) {
  const s = status.store;
  return block("Store", "store-title", figures([
    ["pages", count(s.pages)], ["sources", count(s.sources)],
    ["chunks of prose", count(status.lanes.gte.chunks)],
    ["chunks of code", count(status.lanes.coderank.chunks)],
    ["chunks without vector", count(s.chunks_pending)],
    ["chunks failed", count(s.chunks_failed), s.chunks_failed > 0],
    ["pages skipped", count(s.pages_skipped)],
    ["pages failed", count(s.pages_failed), s.pages_failed > 0],
    ["on disk", bytes(s.bytes)],
  ]), h("p", {class: "soft"}, foreign(status.location)),
  s.chunks_failed + s.chunks_pending > 0 ? h("p", {class: "soft"},
    "Chunks without a vector are embedded by ", h("code", {}, "tandem retry"), ".") : null);
}

function cache_block(status) {
  const c = status.cache;
  return block("Cache of vectors", "cache-title", figures([
    ["hits", count(c.hits)], ["misses", count(c.misses)],
    ["found", share(c.hits, c.hits + c.misses)], ["stored", count(c.stored)],
    ["evicted", count(c.evicted)], ["on disk", bytes(c.bytes)],
    ["at most", c.bytes_max ? bytes(c.bytes_max) : "no limit"],
  ]), h("p", {class: "soft"},
    "Since the server began. A text that was embedded before is never embedded again."));
}

function models_block(status) {
  return block("Models", "models-title", table("Models by lane",
    [["Lane"], ["Model"], ["Dimensions", true], ["Waiting texts", true], ["Running", true],
     ["Texts served", true]],
    LANES.map(({name}) => {
      const lane = status.lanes[name];
      return [lane_chip(name), lane.model, count(lane.dim), count(lane.texts_waiting),
              count(lane.texts_running), count(lane.texts_total)];
    })), h("p", {class: "soft"},
    "Texts are those of programs that ask this server for vectors; crawls go their own way."));
}

function scopes_block(scopes) {
  return block("Projects", "scopes-title", scopes.length === 0
    ? empty("Nothing is stored so far", h("a", {href: "#/"}, "Start a crawl"),
            " to fill the index.")
    : table("Projects and datasets",
      [["Project"], ["Dataset"], ["Scope"], ["Prose", true], ["Code", true], ["Look", true]],
      scopes.map((s) => [s.project ?? "", s.dataset ?? "", s.scope, count(s.text_chunks),
                         count(s.code_chunks), h("a", {href: `#/search?${new URLSearchParams(
                           Object.entries({project: s.project, dataset: s.dataset})
                             .filter(([, v]) => v))}`}, "Search it")])));
}

export function store_view(root) {
  const stop = new AbortController();
  const inside = h("div");
  let timer = 0;

  async function draw() {
    if (!document.hidden) {
      try {
        const [status, scopes] = await Promise.all([get("/status", stop.signal),
                                                    get("/scopes", stop.signal)]);
        inside.replaceChildren(store_block(status), cache_block(status), models_block(status),
          scopes_block(scopes),
          h("p", {class: "soft"}, `tandem ${status.version}, up ` +
            `${duration(status.uptime_seconds)}; ${plural(status.listeners, "listener")}`));
      } catch (error) {
        if (error.name === "AbortError")
          return;
        inside.replaceChildren(failure(error));
      }
    }
    timer = setTimeout(draw, AGAIN_MS);
  }

  root.replaceChildren(h("h1", {class: "hidden", tabindex: -1}, "Index"), inside);
  draw();
  return () => {
    clearTimeout(timer);
    stop.abort();
  };
}
