// What is known of all jobs, kept up to date by the server's events.
import {get} from "./api.js";

const jobs = new Map(); // id -> progress, with `request` and `rates`
const old = new Set();  // told by an event, but past the list's end
const watchers = new Set();
let order = []; // ids, newest first
let loaded = false, loading = null, due = false;

export const WINDOW_MS = 8000; // a rate is of so long

// Chunks done over the last seconds, by lane, as far as this page has seen them pass.
function note_rates(job, before) {
  const rates = before?.rates ?? [];
  rates.push({at: performance.now(), gte: job.lanes?.gte.done ?? 0,
              coderank: job.lanes?.coderank.done ?? 0});
  while (rates.length > 2 && rates[1].at < rates.at(-1).at - WINDOW_MS)
    rates.shift();
  job.rates = rates;
}

// Chunks a second: lately, or on average where the page has not watched long enough.
export function rate_of(job, lane) {
  const first = job.rates?.[0], last = job.rates?.at(-1);
  if (is_running(job) && first && last.at - first.at > 2000)
    return (last[lane] - first[lane]) * 1000 / (last.at - first.at);
  return job.lanes?.[lane].chunks_per_second ?? 0;
}

export const is_running = (job) => job.status === "running";
export const is_waiting = (job) => is_running(job) && job.waiting === true;

export function title_of(job) {
  const urls = job.request?.urls ?? [];
  return urls.length > 1 ? `${urls[0]} and ${urls.length - 1} more` : urls[0] ?? job.progress_id;
}

function tell() {
  if (due)
    return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    for (const watcher of [...watchers])
      watcher();
  });
}

export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export const all = () => order.map((id) => jobs.get(id));
export const job_of = (id) => jobs.get(id);
export const is_loaded = () => loaded;

async function load() {
  const list = await get("/jobs");
  for (const job of list) {
    const before = jobs.get(job.progress_id);
    if (before && before.updated_at_ms > job.updated_at_ms)
      continue; // an event was faster
    note_rates(job, before);
    jobs.set(job.progress_id, job);
  }
  order = list.map((job) => job.progress_id);
  for (const id of [...jobs.keys()])
    if (!order.includes(id))
      jobs.delete(id);
  loaded = true;
  tell();
}

// Reads the list anew; those who ask while it is under way share it.
export function reload() {
  loading ??= load().finally(() => { loading = null; });
  return loading;
}

export function hear(event) {
  const id = event.progress_id;
  const before = jobs.get(id);
  if (before) {
    event.request = before.request;
    note_rates(event, before);
    jobs.set(id, event);
    tell();
  } else if (!old.has(id)) {
    // A load that is under way may have been answered before this job was there.
    (loading ?? Promise.resolve()).catch(() => {}).then(() => jobs.has(id) || reload()).then(() => {
      if (!jobs.has(id))
        old.add(id);
    }, () => {});
  }
}
