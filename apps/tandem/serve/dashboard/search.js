// Search over both lanes and the words, and one chunk opened.
import {get, post} from "./api.js";
import {away, empty, failure, foreign, h, lane_chip, plural, say, show} from "./dom.js";

const FIELDS = ["project", "dataset", "scope", "kind", "language", "path", "limit"];

const labelled = (label, control, props) =>
  h("label", {class: "field", ...props}, h("span", {}, label), control);

const choice = (name, options, value) =>
  h("select", {name}, options.map(([v, text]) =>
    h("option", {value: v, selected: v === (value ?? "")}, text)));

// The words of a question, as they may stand in an answer; those that stand everywhere say nothing.
const PARTICLES = new Set(("a an and are as at be by can do does for from how i in is it my of " +
  "on or that the this to was what when where which who why with you").split(" "));
const words_of = (query) => [...new Set(query.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [])]
  .filter((word) => word.length > 1 && !PARTICLES.has(word)).slice(0, 20);

// The text with those words marked; nothing of it is read as markup.
function marked(text, words) {
  if (words.length === 0)
    return [text];
  const longest = [...words].sort((a, b) => b.length - a.length);
  const any = new RegExp(`(?<![\\p{L}\\p{N}])(${longest.join("|")})`, "giu");
  return text.split(any).map((part, i) => i % 2 ? h("mark", {}, part) : part);
}

// A snippet is a part of its chunk, in one line; dots where there is more.
function part_of(hit) {
  const whole = hit.chunk_text.replace(/\s+/g, " ").trim(), part = hit.snippet.trim();
  const at = whole.indexOf(part);
  const to_end = at >= 0 && at + part.length === whole.length;
  return (at === 0 ? "" : "… ") + part + (to_end ? "" : " …");
}

const place_of = (hit) =>
  [hit.symbol || hit.heading, hit.start_line ? `lines ${hit.start_line}–${hit.end_line}` : ""]
    .filter(Boolean).join(" · ");

const link_to = (id, from) => `#/chunk/${id}${from ? `?from=${encodeURIComponent(from)}` : ""}`;

function hit_item(hit, words, from) {
  const text = hit.snippet ? part_of(hit) : hit.summary;
  const language = hit.is_code && hit.language ? h("span", {class: "soft"}, hit.language) : null;
  return h("li", {class: "hit"},
    h("div", {class: "hit-head"},
      h("a", {class: "title", href: link_to(hit.id, from)},
        foreign(hit.title || hit.relative_path)),
      lane_chip(hit.model_used), language,
      h("span", {class: "num soft score"},
        hit.similarity_score > 0 ? `cosine ${hit.similarity_score.toFixed(3)}` : "by words alone")),
    h("p", {class: hit.is_code ? "snippet code" : "snippet", dir: "auto"}, marked(text, words)),
    h("p", {class: "hit-foot soft"}, away(hit.relative_path),
      place_of(hit) ? [" · ", foreign(place_of(hit))] : null));
}

function names_of(scopes, field) {
  return [...new Set(scopes.map((scope) => scope[field]).filter(Boolean))].sort();
}

export function search_view(root, params) {
  const of = (name) => params.get(name) ?? "";
  const query = h("input", {name: "q", type: "search", value: of("q"), autocomplete: "off",
                            "aria-label": "Question or words", placeholder: "Question or words"});
  const project = choice("project", [["", "any"]]);
  const dataset = choice("dataset", [["", "any"]]);
  const kind = choice("kind", [["", "prose and code"], ["text", "prose"], ["code", "code"]],
                      of("kind"));
  const scope = choice("scope", [["", "any"], ["global", "global"], ["project", "project"],
                                 ["local", "local"]], of("scope"));
  const limit = choice("limit", [["", "10"], ["25", "25"], ["100", "100"]], of("limit"));
  const language = h("input", {name: "language", value: of("language"), spellcheck: "false",
                               placeholder: "any, or python", autocapitalize: "off"});
  const path = h("input", {name: "path", value: of("path"), placeholder: "any, or */library/*",
                           autocapitalize: "off", spellcheck: "false"});
  const used = FIELDS.filter((name) => of(name));
  const form = h("form", {class: "search", role: "search", "aria-label": "The index"},
    h("div", {class: "first"}, query, h("button", {class: "primary"}, "Search")),
    h("details", {open: used.length > 0},
      h("summary", {}, used.length ? `Filters (${used.length})` : "Filters"),
      h("div", {class: "options"}, labelled("Kind", kind), labelled("Project", project),
        labelled("Dataset", dataset), labelled("Scope", scope), labelled("Language", language),
        labelled("Path or address", path), labelled("Hits at most", limit))));
  const note = h("p", {class: "soft", role: "status"});
  const list = h("ol", {class: "hits"});
  const rest = h("div");
  const stop = new AbortController();

  root.replaceChildren(h("h1", {class: "hidden", tabindex: -1}, "Search"), form, note, list, rest);

  async function names() {
    try {
      const scopes = await get("/scopes", stop.signal);
      for (const [select, field] of [[project, "project"], [dataset, "dataset"]]) {
        const known = names_of(scopes, field);
        if (of(field) && !known.includes(of(field)))
          known.push(of(field));
        select.append(...known.map((name) =>
          h("option", {value: name, selected: name === of(field)}, name)));
      }
      if (!of("q") && scopes.length === 0)
        rest.replaceChildren(empty("The index is empty", "Crawl a site first: ",
                                   h("a", {href: "#/"}, "New crawl")));
      else if (!of("q"))
        rest.replaceChildren(empty("Ask in your own words",
          "Prose and code are looked through by meaning, each with its own model, and by words; " +
          "the three lists become one."));
    } catch (error) {
      if (error.name !== "AbortError")
        rest.replaceChildren(failure(error));
    }
  }

  function body() {
    const wanted = {query: of("q"), limit: Number(of("limit")) || 10};
    for (const name of ["project", "dataset", "scope", "language", "path"])
      if (of(name))
        wanted[name] = of(name);
    wanted.filter_code = of("kind") === "code";
    wanted.filter_text = of("kind") === "text";
    return wanted;
  }

  async function search() {
    const began = performance.now();
    say(note, "Searching …");
    try {
      const answer = await post("/search", body(), stop.signal);
      const words = words_of(answer.query), from = params.toString();
      list.replaceChildren(...answer.results.map((hit) => hit_item(hit, words, from)));
      say(note, `${plural(answer.total, "hit")} in ${Math.round(performance.now() - began)} ms`);
      if (answer.total === 0)
        rest.replaceChildren(empty("Nothing fits", used.length
          ? "The filters may leave out too much." : "The index may not hold it yet."));
    } catch (error) {
      if (error.name === "AbortError")
        return;
      say(note, "");
      rest.replaceChildren(failure(error));
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = new URLSearchParams();
    for (const [name, value] of new FormData(form))
      if (value.trim())
        wanted.set(name, value.trim());
    const hash = `#/search?${wanted}`;
    if (hash === location.hash && wanted.get("q"))
      search();
    else
      location.hash = hash;
  });
  names();
  if (of("q"))
    search();
  else
    query.focus();
  show(list, of("q") !== "");
  return () => stop.abort();
}

// -- one chunk --

// Lines with their numbers, where the text is code.
function code_of(chunk) {
  const lines = chunk.chunk_text.replace(/\n$/, "").split("\n");
  const from = chunk.start_line || 1;
  return h("div", {class: "source", tabindex: 0, role: "region", "aria-label": "Code of the chunk"},
    h("pre", {class: "numbers", "aria-hidden": "true"},
      lines.map((_, i) => from + i).join("\n")),
    h("pre", {class: "text"}, lines.join("\n")));
}

const around = (label, text) =>
  text ? h("details", {class: "around"}, h("summary", {}, label),
           h("div", {class: "prose", dir: "auto"}, text)) : null;

function chunk_page(chunk, back) {
  const facts = [
    ["Lane", lane_chip(chunk.model_used)], ["Language", chunk.language],
    ["Heading", chunk.heading], ["Symbol", chunk.symbol],
    ["Lines", chunk.start_line ? `${chunk.start_line}–${chunk.end_line}` : ""],
    ["Place in its page", `chunk ${chunk.chunk_index + 1}`], ["Scope", chunk.scope],
    ["Project", chunk.project_id], ["Dataset", chunk.dataset_id], ["Id", chunk.id],
  ];
  return [
    h("nav", {class: "crumbs", "aria-label": "Where"}, h("a", {href: back}, "Search"), " / "),
    h("div", {class: "head"}, h("h1", {tabindex: -1}, foreign(chunk.title || chunk.relative_path))),
    h("p", {class: "address"}, away(chunk.relative_path)),
    h("dl", {class: "facts"}, facts.filter(([, value]) => value).map(([name, value]) =>
      h("div", {}, h("dt", {}, name),
        h("dd", {}, typeof value === "string" ? foreign(value) : value)))),
    around("The chunk before", chunk.context_before),
    chunk.is_code ? code_of(chunk)
      : h("div", {class: "prose whole", dir: "auto"}, chunk.chunk_text),
    around("The chunk after", chunk.context_after),
  ];
}

export function chunk_view(root, id, params) {
  const stop = new AbortController();
  const back = `#/search?${params.get("from") ?? ""}`;

  root.replaceChildren(h("p", {class: "soft", role: "status"}, "Opening …"));
  get(`/chunk/${encodeURIComponent(id)}?include_context=true`, stop.signal).then(
    (chunk) => {
      root.replaceChildren(...chunk_page(chunk, back).filter(Boolean));
      root.querySelector("h1").focus({preventScroll: true});
    },
    (error) => {
      if (error.name === "AbortError")
        return;
      root.replaceChildren(h("h1", {tabindex: -1}, "Chunk"), error.status === 404
        ? empty("This chunk is not there any more", "Its page has changed or was taken out. ",
                h("a", {href: back}, "Search again"))
        : failure(error));
    });
  return () => stop.abort();
}
