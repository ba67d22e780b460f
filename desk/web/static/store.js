// What lies on this device and nowhere else: drafts of records, photos, and the outbox.
//
// A draft is a form as it stands, by person and visit; an entry of the outbox is a step that is to be sent.  An entry
// leaves only when the server has said that it has it, when its content went into a newer one or back into a draft, or
// when a person deletes it who has saved it to a file.

import { openDB } from "./idb/index.js";
import { number } from "./hash.js";

const STORES = ["entries", "drafts", "photos"];
const SAFE = { durability: "strict" };

const opened = openDB("desk", 1, {
  upgrade(made) {
    made.createObjectStore("entries", { keyPath: "place", autoIncrement: true });
    made.createObjectStore("drafts", { keyPath: ["user_id", "visit_id"] });
    made.createObjectStore("photos", { keyPath: ["user_id", "visit_id", "sha256"] });
  },
  blocking(_now, _wanted, event) {
    event.target.close();
  },
});
const line = "BroadcastChannel" in globalThis ? new BroadcastChannel("desk") : null;
const listeners = new Set();
if (line) line.onmessage = () => listeners.forEach((one) => one());

/** Be told when something changed, here or in another window. */
export function onChange(listener) {
  listeners.add(listener);
}

async function changing(work) {
  const change = (await opened).transaction(STORES, "readwrite", SAFE);
  const [entries, drafts, photos] = STORES.map((name) => change.objectStore(name));
  try {
    const told = await work({ entries, drafts, photos });
    await change.done;
    line?.postMessage("changed");
    listeners.forEach((one) => one());
    return told;
  } catch (error) {
    // What is half done is not done.
    change.done.catch(() => {});
    try {
      change.abort();
    } catch {
      // It is over already.
    }
    throw error;
  }
}

/** All entries in the order in which they were made, those of others too. */
export async function entries() {
  return (await opened).getAll("entries");
}

/** The entries of a visit that a person wrote, in their order. */
export async function chain(user_id, visit_id) {
  return mine(await entries(), user_id, visit_id);
}

function mine(all, user_id, visit_id) {
  return all.filter((one) => one.user_id === user_id && one.visit_id === visit_id);
}

export async function draft(user_id, visit_id) {
  return (await opened).get("drafts", [user_id, visit_id]);
}

export async function drafts() {
  return (await opened).getAll("drafts");
}

/** Keep a form as it stands.  What it was begun on stays: only what is sent moves that on.
 *
 * `since`: when what this window looks at was kept, none where nothing was.  None is kept, and none returned, where
 * another window has kept something since. */
export async function keepDraft(one, since) {
  const change = (await opened).transaction("drafts", "readwrite", SAFE);
  const before = await change.store.get([one.user_id, one.visit_id]);
  if (before && before.changed_at !== since) {
    await change.done;
    return null;
  }
  const kept = { ...one, version: before?.version ?? one.version, state: before?.state ?? one.state };
  await change.store.put(kept);
  await change.done;
  return kept;
}

/** Take a draft away, with its photos where no entry needs them. */
export async function dropDraft(user_id, visit_id) {
  await changing(async (at) => {
    await at.drafts.delete([user_id, visit_id]);
    await tidied(at, user_id, visit_id);
  });
}

export async function photo(user_id, visit_id, sha256) {
  return (await opened).get("photos", [user_id, visit_id, sha256]);
}

export async function keepPhoto(one) {
  await (await opened).put("photos", one);
}

/** The server has a photo. */
export async function photoSent(one) {
  await changing(async ({ photos }) => {
    const held = await photos.get([one.user_id, one.visit_id, one.sha256]);
    if (held) await photos.put({ ...held, is_sent: true });
  });
}

/** The photos of an entry that lie here. */
export async function photosOf(entry) {
  const found = entry.photos.map((sha256) => photo(entry.user_id, entry.visit_id, sha256));
  return (await Promise.all(found)).filter(Boolean);
}

async function tidied(at, user_id, visit_id) {
  const left = mine(await at.entries.getAll(), user_id, visit_id);
  if (left.length || (await at.drafts.get([user_id, visit_id]))) return;
  const all = IDBKeyRange.bound([user_id, visit_id, ""], [user_id, visit_id, "\uffff"]);
  await at.photos.delete(all);
}

/** Put steps of one visit into the outbox, made from its draft.
 *
 * They take the place of those made from the same draft before, unless these may have come to the server.  Each knows
 * the version it comes after: that of the draft, or that which the entry before it will make. */
export async function add(held, steps) {
  return changing(async ({ entries, drafts }) => {
    const draft = (await drafts.get([held.user_id, held.visit_id])) ?? held;
    const before = mine(await entries.getAll(), draft.user_id, draft.visit_id);
    const old = before.filter((one) => one.state === "refused" || (!one.tries && one.state === "waiting"));
    for (const one of old) await entries.delete(one.place);
    const last = before.filter((one) => !old.includes(one)).at(-1);
    let version = last ? last.version + 1 + Number(last.begins) : draft.version;
    let begins = last ? false : draft.state === "approved";
    for (const step of steps) {
      const { user_id, user_name, visit_id, firm, fields, changed_at } = draft;
      const who = { user_id, user_name, visit_id, firm };
      const sending = { state: "waiting", tries: 0, next_at: 0, error: "", faults: [], said: null, held: null };
      const made = { made_at: Date.now(), saved_at: null, fields, draft_at: changed_at };
      const request = { request_id: number(), begin_id: number(), version, begins };
      await entries.add({ ...who, ...request, ...sending, ...made, ...step });
      version += 1 + Number(begins);
      begins = false;
    }
  });
}

/** An entry with something changed; none where it is gone. */
export async function mark(place, changes) {
  return changing(async ({ entries }) => {
    const found = await entries.get(place);
    if (!found) return undefined;
    const marked = { ...found, ...changes(found) };
    await entries.put(marked);
    return marked;
  });
}

/** The server has begun the visit of an entry: what comes next comes after that. */
export async function begun(entry) {
  return changing(async ({ entries, drafts }) => {
    const told = { version: entry.version + 1, begins: false };
    const key = [entry.user_id, entry.visit_id];
    const held = await drafts.get(key);
    if (held) await drafts.put({ ...held, version: told.version, state: "started" });
    const marked = { ...entry, ...told };
    await entries.put(marked);
    return marked;
  });
}

/** The server has what an entry says.  A draft that was not written on since goes with the last entry. */
export async function sent(entry, state) {
  await changing(async (at) => {
    const key = [entry.user_id, entry.visit_id];
    await at.entries.delete(entry.place);
    const left = mine(await at.entries.getAll(), ...key);
    const held = await at.drafts.get(key);
    if (held && !left.length && held.changed_at === entry.draft_at) await at.drafts.delete(key);
    // One more than the version it was made from, whatever others have done since: their steps stay a conflict.
    else if (held) await at.drafts.put({ ...held, version: entry.version + 1, state });
    await tidied(at, ...key);
  });
}

/** Delete an entry that was saved to a file, and its draft where nothing was written on it since. */
export async function drop(entry) {
  await changing(async (at) => {
    const key = [entry.user_id, entry.visit_id];
    await at.entries.delete(entry.place);
    const left = mine(await at.entries.getAll(), ...key);
    const held = await at.drafts.get(key);
    if (held && !left.length && held.changed_at === entry.draft_at) await at.drafts.delete(key);
    await tidied(at, ...key);
  });
}

/** Make a draft of what an entry says, on the version that the ledger has now; the entries of the visit give way. */
export async function writeAnew(entry) {
  await changing(async ({ entries, drafts }) => {
    const key = [entry.user_id, entry.visit_id];
    const all = mine(await entries.getAll(), ...key);
    const { user_id, user_name, visit_id, firm } = entry;
    const now = { version: entry.held.version, state: entry.held.state, changed_at: Date.now() };
    const fields = ((await drafts.get(key)) ?? all.at(-1)).fields;
    await drafts.put({ user_id, user_name, visit_id, firm, fields, ...now });
    for (const one of all) await entries.delete(one.place);
  });
}
