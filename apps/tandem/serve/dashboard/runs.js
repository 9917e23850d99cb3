// All runs: a new one, the one that runs, those that wait, those that are over.
import {post} from "./api.js";
import {count, duration, empty, failure, foreign, h, plural, say, show, when} from "./dom.js";
import {all, is_loaded, is_running, is_waiting, job_of, reload, title_of, watch} from "./jobs.js";
import {badge, cancel, panel, status_of} from "./run.js";

const PAST_AT_FIRST = 20;
const MODES = [
  ["recursive", "Follow links"], ["single", "These pages only"], ["sitemap", "Sitemap"],
];

const labelled = (label, control, props) =>
  h("label", {class: "field", ...props}, h("span", {}, label), control);

const check = (name, label, checked) =>
  h("label", {class: "check"}, h("input", {type: "checkbox", name, checked}), " ", label);

// "example.org" of its address: a project's name where none is given.
function host_of(address) {
  try {
    return new URL(address).hostname;
  } catch {
    return "";
  }
}

// An address as people type it: without a scheme it is https.
const whole = (text) => /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/]*:\d+(\/|$)/.test(text)
  ? text : `https://${text}`;

function form() {
  const urls = h("textarea", {name: "urls", rows: 1, required: true, spellcheck: "false",
                              autocapitalize: "off", placeholder: "https://docs.example.org/",
                              "aria-describedby": "urls-hint"});
  const mode = h("select", {name: "mode"},
                 MODES.map(([value, text]) => h("option", {value}, text)));
  const depth = h("input", {name: "depth", type: "number", min: 0, max: 100, value: 3});
  const limit = h("input", {name: "limit", type: "number", min: 0, max: 10000000, value: 100});
  const project = h("input", {name: "project", maxlength: 100, placeholder: "the site's name"});
  const dataset = h("input", {name: "dataset", maxlength: 100, placeholder: "none"});
  const deep = labelled("Links deep", depth);
  const stores = check("stores", "Embed and store", true);
  const start = h("button", {class: "primary"}, "Start crawl");
  const error = h("div", {class: "said"});
  const node = h("form", {class: "crawl", "aria-labelledby": "crawl-title", novalidate: true},
    h("h2", {id: "crawl-title"}, "New crawl"),
    h("div", {class: "first"},
      labelled("Address", urls, {class: "field grow"}), labelled("Which pages", mode), start),
    h("p", {id: "urls-hint", class: "soft hint"}, "One address a line: Shift+Enter for the next."),
    h("details", {}, h("summary", {}, "Options"),
      h("div", {class: "options"}, labelled("Project", project), labelled("Dataset", dataset), deep,
        labelled("Pages at most (0: all)", limit)),
      h("div", {class: "checks"}, stores, check("same_domain", "Stay on this host", true),
        check("same_path", "Stay below this path", false))),
    error);

  const host = () => host_of(whole(urls.value.trim().split(/\s+/)[0] ?? ""));

  function adapt() {
    show(deep, mode.value === "recursive");
    project.placeholder = host() || "the site's name";
  }

  function body() {
    const list = urls.value.split(/\s+/).filter(Boolean).map(whole);
    const keeps = node.elements.stores.checked;
    return {
      urls: list,
      mode: mode.value === "single" && list.length > 1 ? "batch" : mode.value,
      max_depth: Math.max(0, Number(depth.value)) + 1,
      max_pages: Math.max(0, Number(limit.value)),
      project: keeps ? project.value.trim() || (dataset.value.trim() ? "" : host()) || null : null,
      dataset: keeps ? dataset.value.trim() || null : null,
      same_domain_only: node.elements.same_domain.checked,
      same_path_prefix: node.elements.same_path.checked,
    };
  }

  async function submit(event) {
    event.preventDefault();
    if (!urls.value.trim()) {
      error.replaceChildren(failure(new Error("An address is needed, such as " +
                                              "https://docs.example.org/")));
      urls.focus();
      return;
    }
    start.disabled = true;
    error.replaceChildren();
    try {
      const {progress_id: id} = await post("/crawl", body());
      await reload();
      location.hash = `#/runs/${id}`;
    } catch (failed) {
      error.replaceChildren(failure(failed));
    } finally {
      start.disabled = false;
    }
  }

  urls.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      node.requestSubmit();
    }
  });
  node.addEventListener("input", adapt);
  node.addEventListener("submit", submit);
  return {
    node,
    // As a run before was asked for.
    fill(request) {
      urls.value = request.urls.join("\n");
      mode.value = request.mode === "batch" ? "single" : request.mode;
      depth.value = Math.max(0, request.max_depth - 1);
      limit.value = request.max_pages;
      project.value = request.project ?? "";
      dataset.value = request.dataset ?? "";
      node.elements.stores.checked = Boolean(request.project || request.dataset);
      node.elements.same_domain.checked = request.same_domain_only;
      node.elements.same_path.checked = request.same_path_prefix;
      node.querySelector("details").open = true;
      adapt();
      urls.focus();
    },
  };
}

// -- the lists --

function history_row(job) {
  const chunks = job.chunks_total;
  const bad = job.pages_failed;
  return h("tr", {},
    h("td", {"data-label": "State"}, badge(job)),
    h("td", {class: "what", "data-label": "Run"},
      h("a", {href: `#/runs/${job.progress_id}`}, foreign(title_of(job))),
      h("div", {class: "soft"},
        foreign(job.request?.project ?? job.request?.dataset ?? "not stored"),
        job.status === "failed" ? h("span", {class: "why bad"}, " ", foreign(job.log)) : null)),
    h("td", {class: "num", "data-label": "Pages"}, count(job.processed_pages)),
    h("td", {class: bad ? "num bad" : "num", "data-label": "Failed"}, count(bad)),
    h("td", {class: "num", "data-label": "Chunks"}, count(chunks)),
    h("td", {class: "num", "data-label": "Time"}, duration(job.seconds)),
    h("td", {class: "num", "data-label": "Asked for at"}, when(job.started_at_ms)));
}

function waiting_row(job) {
  const stop = h("button", {type: "button"}, "Cancel");
  stop.addEventListener("click", () => cancel(job, stop));
  return h("li", {}, badge(job),
           h("a", {href: `#/runs/${job.progress_id}`}, foreign(title_of(job))), stop);
}

// Draws a list anew only when what it says has changed.
function list_of(container, row, key) {
  let before = null;
  return (jobs) => {
    const now = jobs.map(key).join("\n");
    if (now === before)
      return;
    before = now;
    container.replaceChildren(...jobs.map(row));
  };
}

function current() {
  const node = h("section", {class: "block current", "aria-label": "Running now"});
  let id = "", live = null;

  return {
    node,
    draw(job) {
      show(node, Boolean(job));
      if (job?.progress_id !== id || !job) {
        live?.close();
        live = null;
        id = job?.progress_id ?? "";
        if (!job)
          return;
        live = panel(id);
        const stop = h("button", {type: "button", class: "danger"}, "Cancel");
        stop.addEventListener("click", () => cancel(job_of(id), stop));
        node.replaceChildren(h("div", {class: "head"},
          h("h2", {}, h("a", {href: `#/runs/${id}`}, foreign(title_of(job)))), badge(job),
          h("div", {class: "row"}, stop)), live.node);
      }
      live.draw(job);
    },
    close: () => live?.close(),
  };
}

export function runs_view(root, params) {
  const asked = form(), now = current();
  const waiting = h("ul", {class: "waiting"});
  const queue = h("section", {class: "block", hidden: true, "aria-labelledby": "queue-title"},
    h("h2", {id: "queue-title"}, "Waiting"), waiting);
  const body = h("tbody");
  const table = h("table", {class: "history"},
    h("caption", {class: "hidden"}, "Runs that are over, the last one first"),
    h("thead", {}, h("tr", {}, ["State", "Run", "Pages", "Failed", "Chunks", "Time", "Asked for at"]
      .map((name, i) => h("th", {scope: "col", class: i > 1 ? "num" : ""}, name)))), body);
  const rest = h("button", {type: "button", hidden: true}, "Show all");
  let past_most = PAST_AT_FIRST;
  const past = h("section", {class: "block", hidden: true, "aria-labelledby": "past-title"},
    h("h2", {id: "past-title"}, "Earlier"), h("div", {class: "wide"}, table), rest);
  const none = empty("Nothing has run so far",
    "Give the address of a site above. Its prose goes to one model and its code to the other, " +
    "both at the same time; here you see them work.");
  const total = h("p", {class: "hidden", role: "status"});
  const draw_waiting = list_of(waiting, waiting_row, (job) => job.progress_id);
  const draw_past = list_of(body, history_row, (job) => job.progress_id + status_of(job) +
                            job.updated_at_ms);
  let wanted = params.get("again");

  rest.addEventListener("click", () => {
    past_most = Infinity;
    draw();
    body.rows[PAST_AT_FIRST].querySelector("a").focus();
  });
  show(none, false);
  root.replaceChildren(h("h1", {class: "hidden", tabindex: -1}, "Runs"),
                       h("div", {class: "block"}, asked.node), total, now.node, queue, none, past);

  function draw() {
    const jobs = all();
    const queued = jobs.filter(is_waiting).reverse();
    const over = jobs.filter((job) => !is_running(job));
    now.draw(jobs.find((job) => is_running(job) && !is_waiting(job)));
    draw_waiting(queued);
    show(queue, queued.length > 0);
    draw_past(over.slice(0, past_most));
    show(rest, over.length > past_most);
    show(past, over.length > 0);
    show(none, is_loaded() && jobs.length === 0);
    if (is_loaded())
      say(total, `${plural(jobs.length - over.length, "run")} under way, ` +
          `${count(over.length)} over`);
    const before = wanted && job_of(wanted);
    if (before) {
      wanted = null;
      asked.fill(before.request);
    }
  }

  const unwatch = watch(draw);
  draw();
  return () => {
    unwatch();
    now.close();
  };
}
