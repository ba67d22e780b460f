// On every page: the worker that keeps pages, the count of what waits here, and sending it.

import { age, filled, moment, user } from "./page.js";
import { send } from "./sending.js";
import { entries, onChange } from "./store.js";

const EVERY = 60_000;
const OLD = 24 * 3600_000;

const kept = document.body.dataset.kept;
if (kept) {
  shown("kept", { moment: moment(Date.parse(kept)) });
  // What is sent without the outbox would be lost.
  for (const one of document.querySelectorAll("main form[method=post]:not([data-outbox])")) one.inert = true;
  for (const one of document.querySelectorAll("[data-offline]")) one.hidden = false;
}

function shown(id, facts) {
  const note = document.getElementById(id);
  const said = note.querySelector("span");
  said.dataset.sentence ??= said.textContent;
  said.textContent = filled(said.dataset.sentence, facts);
  note.hidden = false;
}

async function counted() {
  const count = document.getElementById("waiting");
  if (!count) return;
  const mine = (await entries()).filter((one) => one.user_id === user.id);
  if (mine.length) shown("waiting", { n: mine.length });
  else count.hidden = true;
  const first = Math.min(...mine.map((one) => one.made_at));
  const old = document.getElementById("old");
  if (Date.now() - first >= OLD) shown("old", { age: age(first) });
  else old.hidden = true;
}

async function worker() {
  // Browsers have none over a plain line; the outbox is there all the same.
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/worker.js");
  if (user) await fresh();
}

/** Let the pages be fetched that are needed on the way.  ``is_changed``: what was sent has changed them. */
async function fresh(is_changed = false) {
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ user: user.id, is_changed });
}

async function sending(how) {
  const before = (await entries()).length;
  await send(how);
  if ((await entries()).length < before && "serviceWorker" in navigator) await fresh(true);
}

if (user) {
  onChange(counted);
  await counted();
  const tell = (error) => console.error(error);
  const now = () => sending({ eager: true }).catch(tell);
  addEventListener("online", now);
  // Devices often take a line for one to the network that is none: looked at again, it is tried again.
  document.addEventListener("visibilitychange", () => document.hidden || now());
  setInterval(() => counted().then(() => sending()).catch(tell), EVERY);
  now();
}
await worker();
