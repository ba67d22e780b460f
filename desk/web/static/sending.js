// Sending what the outbox holds: the photos of an entry one by one, then its step, then the next of the same visit.
//
// Nothing is sent in another person's session, nothing is sent out of order, and nothing is taken as sent before the
// server has said so in its own words.

import { user } from "./page.js";
import { begun, entries, mark, photoSent, photosOf, sent } from "./store.js";

const PATIENCE = 60_000;
const FIRST_WAIT = 15_000;
const LONGEST_WAIT = 15 * 60_000;

class Stopped extends Error {
  constructor(state, told = {}, wait = 0) {
    super(told.error ?? "");
    Object.assign(this, { state, told, wait });
  }
}

/** Send what can be sent of the person of this page.  ``eager``: also what was to wait for a while. */
export async function send({ eager = false } = {}) {
  if (!user) return;
  // Two windows would send twice what the server takes once; a browser without locks may do that.
  if (navigator.locks) await navigator.locks.request("desk-outbox", () => all(eager));
  else await all(eager);
}

async function all(eager) {
  const stopped = new Set();
  for (const { place, visit_id, user_id } of await entries()) {
    if (user_id !== user.id || stopped.has(visit_id)) continue;
    if (!(await tried(place, eager))) stopped.add(visit_id);
  }
}

/** Whether an entry was sent. */
async function tried(place, eager) {
  let is_due = true;
  let entry = await mark(place, (one) => {
    is_due = ["waiting", "login"].includes(one.state) && (eager || one.next_at <= Date.now());
    return is_due ? { tries: one.tries + 1 } : {};
  });
  // It gave way to a newer one of the same visit, which has its turn.
  if (!entry) return true;
  if (!is_due) return false;
  try {
    await photographed(entry);
    if (entry.begins) entry = await begin(entry);
    const told = await step(entry, entry.step, entry.request_id, entry.body);
    await sent(entry, told.state);
    return true;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const wait = error.wait || Math.min(FIRST_WAIT * 2 ** (entry.tries - 1), LONGEST_WAIT);
    const { error: said = "", faults = [], held = null, said: both = null } = error.told;
    const told = { state: error.state, error: said, faults, held, said: both, next_at: Date.now() + wait };
    await mark(place, () => told);
    return false;
  }
}

async function photographed(entry) {
  for (const one of await photosOf(entry)) {
    if (one.is_sent) continue;
    const told = await asked(entry, "PUT", `/blobs/${one.sha256}`, one.bytes, { "content-type": one.type });
    if (told.sha256 !== one.sha256) throw new Stopped("waiting");
    await photoSent(one);
  }
}

/** Begin the visit, then go on.  Where somebody else changed it, the step itself is told so, with what it brings. */
async function begin(entry) {
  try {
    await step(entry, "start", entry.begin_id, {});
  } catch (error) {
    if (error.state === "conflict") await step(entry, entry.step, entry.request_id, entry.body);
    throw error;
  }
  return begun(entry);
}

async function step(entry, name, request_id, body) {
  const told = { request_id, device_at: new Date(entry.made_at).toISOString(), ...body };
  const headers = { "content-type": "application/json", "if-match": `"${entry.version}"` };
  const address = `/visits/${entry.visit_id}/steps/${name}.json`;
  const answer = await asked(entry, "POST", address, JSON.stringify(told), headers);
  if (answer.visit_id !== entry.visit_id) throw new Stopped("waiting");
  return answer;
}

/** Ask the server in the name of who wrote the entry: in another person's session it refuses. */
async function asked({ user_id }, method, address, body, headers) {
  const patience = new AbortController();
  const late = setTimeout(() => patience.abort(), PATIENCE);
  let answer;
  let told;
  try {
    const more = { "desk-user": user_id, ...headers };
    const how = { credentials: "same-origin", redirect: "error", cache: "no-store", signal: patience.signal };
    answer = await fetch(address, { method, body, headers: more, ...how });
    told = await answer.json();
  } catch {
    // No network, one that breaks off, or something between that answers in the server's place.
    throw new Stopped("waiting");
  } finally {
    clearTimeout(late);
  }
  if (answer.ok) return told;
  if (answer.status === 401) throw new Stopped("login", told);
  if (answer.status === 409) throw new Stopped("conflict", told);
  if (answer.status === 429 || answer.status >= 500) {
    throw new Stopped("waiting", told, 1000 * Number(answer.headers.get("retry-after") ?? 0));
  }
  throw new Stopped("refused", told);
}
