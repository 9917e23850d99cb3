// The server: requests with the key, and what it tells by itself.

const KEY = "tandem.key";
const QUIET_MS = 40000; // the server speaks every 15 s at least
const WAIT_MS_MAX = 8000;

let key = "";
try {
  key = sessionStorage.getItem(KEY) ?? "";
} catch {
  // Without storage the key lasts as long as the page.
}

let ask_for_key = null; // set by the page: (refused) => promise of a key
let asking = null;

export class Failure extends Error {
  constructor(message, status) {
    super(message);
    this.status = status; // 0: the server was not reached
  }
}

export const has_key = () => key !== "";
export const on_key_wanted = (ask) => { ask_for_key = ask; };

export function set_key(value) {
  key = value;
  try {
    if (value)
      sessionStorage.setItem(KEY, value);
    else
      sessionStorage.removeItem(KEY);
  } catch {
    // as above
  }
}

// Many requests may find out at once; one question is enough.
async function need_key(used) {
  if (used !== key)
    return;
  asking ??= ask_for_key(used !== "").finally(() => { asking = null; });
  set_key(await asking);
}

// What the server said against it, in its own words: {"detail": "..."} or a list of fields.
async function failure_of(response) {
  let detail = "";
  try {
    const body = await response.json();
    detail = Array.isArray(body.detail)
      ? body.detail.map((d) => `${(d.loc ?? []).at(-1) ?? ""}: ${d.msg}`).join("; ")
      : body.detail ?? body.error ?? "";
  } catch {
    // not JSON: the status says it
  }
  return new Failure(String(detail) || `the server answered ${response.status}`, response.status);
}

async function send(path, options) {
  for (;;) {
    const used = key;
    const headers = {...options.headers};
    if (used)
      headers.Authorization = `Bearer ${used}`;
    let response;
    try {
      response = await fetch(path, {...options, headers, cache: "no-store"});
    } catch (error) {
      if (error.name === "AbortError")
        throw error;
      throw new Failure("The server does not answer.", 0);
    }
    if (response.status === 401)
      await need_key(used);
    else if (response.ok)
      return response;
    else
      throw await failure_of(response);
  }
}

export const get = async (path, signal) => (await send(path, {signal})).json();

export async function post(path, body, signal) {
  const options = {method: "POST", signal, headers: {"Content-Type": "application/json"}};
  return (await send(path, {...options, body: JSON.stringify(body ?? {})})).json();
}

// -- what the server tells by itself --

// EventSource can't send a key, so the stream is read by hand: the lines of the HTML standard,
// 9.2.6, as far as this server writes them.
async function read_events(response, hear, alive) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", id = "", data = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done)
      return;
    alive();
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("id: "))
        id = line.slice(4);
      else if (line.startsWith("data: "))
        data += line.slice(6);
      else if (line === "" && data) {
        hear(JSON.parse(data), id);
        data = "";
      }
    }
  }
}

// Hears all jobs for as long as the page lives, and comes back by itself when the server does.
// link(state, seconds): "live", "gone" with the seconds until the next try, or "trying".
export function listen({hear, opened, link}) {
  let last = "", hurry = null;

  async function once() {
    const stop = new AbortController();
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), QUIET_MS);
    };
    try {
      const headers = last ? {"Last-Event-ID": last} : {};
      alive();
      const response = await send("/events", {headers, signal: stop.signal});
      await opened();
      link("live", 0);
      await read_events(response, (event, id) => {
        last = id;
        hear(event);
      }, alive);
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
  }

  async function forever() {
    for (let wait = 500;; wait = Math.min(wait * 2, WAIT_MS_MAX)) {
      const began = Date.now();
      try {
        await once();
      } catch {
        // told by link()
      }
      if (Date.now() - began > WAIT_MS_MAX)
        wait = 500;
      link("gone", wait / 1000);
      await new Promise((resolve) => {
        hurry = resolve;
        setTimeout(resolve, wait);
      });
      link("trying", 0);
    }
  }

  forever();
  return {again: () => hurry?.()};
}
