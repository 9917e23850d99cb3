// The frame: which view the address means, whether the server is there, its key, the colours.
import {get, has_key, listen, on_key_wanted, set_key} from "./api.js";
import {say, show} from "./dom.js";
import {hear, reload} from "./jobs.js";
import {run_view} from "./run.js";
import {runs_view} from "./runs.js";
import {chunk_view, search_view} from "./search.js";
import {store_view} from "./store.js";

const $ = (id) => document.getElementById(id);
const main = $("main");

// -- views: "#/search?q=lane" --

let leave = null, shown = "";

function open_view() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/");
  const params = new URLSearchParams(query);
  const views = {
    "": ["runs", "Runs", () => runs_view(main, params)],
    "runs": id ? ["runs", "Run", () => run_view(main, id)]
               : ["runs", "Runs", () => runs_view(main, params)],
    "search": ["search", "Search", () => search_view(main, params)],
    "chunk": ["search", "Chunk", () => chunk_view(main, id ?? "", params)],
    "index": ["index", "Index", () => store_view(main)],
  };
  const [place, title, view] = views[name] ?? views[""];
  const first = shown === "";

  leave?.();
  leave = view();
  shown = path;
  main.dataset.view = location.hash;
  document.title = `${title} · tandem`;
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === place)
      link.setAttribute("aria-current", "page");
    else
      link.removeAttribute("aria-current");
  }
  if (first)
    return;
  window.scrollTo(0, 0);
  // A screen reader hears where it is now; a view that has set the focus itself keeps it.
  if (!main.contains(document.activeElement))
    (main.querySelector("h1") ?? main).focus({preventScroll: true});
}

window.addEventListener("hashchange", (event) => {
  // "Skip to content" is a link as well, but no view.
  if (!/#main$/.test(event.newURL))
    open_view();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

// -- the key --

on_key_wanted((refused) => new Promise((resolve) => {
  const dialog = $("key"), input = $("key-input");
  say($("key-error"), refused ? "The server does not know this key." : "");
  input.value = "";
  $("key-form").onsubmit = () => {
    show($("forget"), true);
    resolve(input.value.trim());
  };
  dialog.oncancel = (event) => event.preventDefault(); // without it there is nothing to see
  if (!dialog.open)
    dialog.showModal();
  input.focus();
}));
show($("forget"), has_key());
$("forget").addEventListener("click", () => {
  set_key("");
  location.reload();
});

// -- the colours --

const theme = $("theme");
theme.value = document.documentElement.dataset.theme ?? "";
theme.addEventListener("change", () => {
  if (theme.value)
    document.documentElement.dataset.theme = theme.value;
  else
    delete document.documentElement.dataset.theme;
  try {
    if (theme.value)
      localStorage.setItem("tandem.theme", theme.value);
    else
      localStorage.removeItem("tandem.theme");
  } catch {
    // for this time, then
  }
});

// -- the server --

let tries = 0;

function link(state, seconds) {
  const live = state === "live";
  tries = live ? 0 : tries + 1;
  // A stream that is opened again at once is no news.
  const gone = !live && tries > 1;
  $("link").dataset.state = live ? "live" : gone ? "gone" : "trying";
  say($("link"), live ? "live" : gone ? "no connection" : "connecting");
  show($("gone"), gone);
  if (gone)
    say($("gone-why"), state === "trying" ? "Trying …"
      : `What you see is as of before; the next try is in ${Math.ceil(seconds)} s.`);
}

$("link").dataset.state = "trying";
say($("link"), "connecting");
const stream = listen({
  hear, link,
  opened: async () => {
    get("/status").then(({version}) => say($("version"), `tandem ${version}`), () => {});
    await reload();
  },
});
$("again").addEventListener("click", () => stream.again());
open_view();
