// The outbox: what waits on this device, why it waits, and what a person may do about it.

import { age, filled, moment, size, told, user } from "./page.js";
import { send } from "./sending.js";
import * as store from "./store.js";

const { words, steps, written } = told();
const list = document.getElementById("entries");
const frame = document.getElementById("entry");

const part = (shown, name) => shown.querySelector(`[data-part="${name}"]`);
const bytesOf = (photos) => photos.reduce((sum, one) => sum + one.bytes.byteLength, 0);

async function draw() {
  const all = await store.entries();
  const mine = all.filter((one) => one.user_id === user.id);
  const shown = [];
  const before = new Set();
  for (const one of mine) {
    shown.push(await drawn(one, before.has(one.visit_id)));
    before.add(one.visit_id);
  }
  const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.dataset.place));
  const focused = document.activeElement?.closest("[data-place]")?.dataset.place;
  const name = document.activeElement?.dataset.do;
  list.replaceChildren(...shown);
  for (const one of list.querySelectorAll("details")) one.open = open.has(one.dataset.place) || one.open;
  if (focused && name) list.querySelector(`[data-place="${focused}"] [data-do="${name}"]`)?.focus();
  document.getElementById("none").hidden = mine.length > 0;
  document.getElementById("some").hidden = !mine.length;
  document.getElementById("some").textContent = filled(words.count, { n: mine.length });
  others(all.filter((one) => one.user_id !== user.id));
  await unfinished(mine);
}

async function drawn(entry, is_behind) {
  const shown = frame.content.firstElementChild.cloneNode(true);
  shown.dataset.place = entry.place;
  shown.id = `e-${entry.request_id}`;
  const state = is_behind ? "behind" : entry.state;
  const photos = await store.photosOf(entry);
  part(shown, "what").textContent = `${steps[entry.step]} · ${entry.firm}`;
  part(shown, "state").textContent = words[state];
  part(shown, "state").classList.toggle("late", state !== "waiting" && state !== "behind");
  part(shown, "age").textContent = filled(words.age, { age: age(entry.made_at), moment: moment(entry.made_at) });
  const bytes = JSON.stringify(entry.body).length + bytesOf(photos);
  part(shown, "size").textContent = filled(words.size, { size: size(bytes), n: entry.photos.length });
  fault(part(shown, "error"), entry);
  if (state === "conflict" && entry.said) both(part(shown, "conflict"), entry);
  const able = {
    retry: state !== "behind" && state !== "conflict",
    login: state === "login",
    open: state === "refused",
    anew: state === "conflict" && written.includes(entry.held?.state),
    save: true,
    delete: Boolean(entry.saved_at),
  };
  part(shown, "login").href = "/login?next=/outbox";
  part(shown, "open").href = `/records/${entry.visit_id}`;
  part(shown, "visit").href = `/visits/${entry.visit_id}`;
  for (const [name, is_able] of Object.entries(able)) {
    const one = part(shown, name);
    if (name === "delete") one.disabled = !is_able;
    else one.hidden = !is_able;
    if (DO[name]) one.addEventListener("click", () => DO[name](entry).catch((error) => said(String(error))));
  }
  part(shown, "unsaved").hidden = able.delete;
  return shown;
}

function fault(shown, { error, faults, tries }) {
  shown.hidden = !(error || faults.length || tries);
  const lines = faults.map((one) => {
    const line = document.createElement("li");
    line.textContent = `${one.message} (${one.clause} · ${one.rule})`;
    return line;
  });
  const told = document.createElement("p");
  told.textContent = error || filled(words.tried, { n: tries });
  const more = document.createElement("ul");
  more.className = "plain";
  more.append(...lines);
  shown.replaceChildren(told, ...(lines.length ? [more] : []));
}

/** Both versions as the server told them, side by side. */
function both(shown, entry) {
  shown.hidden = false;
  for (const name of ["held", "offered"]) {
    const rows = entry.said[name].map(([head, text]) => {
      const row = document.createElement("div");
      const [term, said] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = head;
      said.textContent = text;
      said.className = "lines";
      row.append(term, said);
      return row;
    });
    part(shown, name).replaceChildren(...rows);
  }
}

/** Of others it is told whose they are and how many; what they hold is for them alone. */
function others(theirs) {
  const names = new Map();
  for (const one of theirs) names.set(one.user_id, [one.user_name, (names.get(one.user_id)?.[1] ?? 0) + 1]);
  const lines = [...names.values()].map(([name, n]) => {
    const line = document.createElement("p");
    line.className = "empty";
    line.textContent = filled(words.others, { n, name });
    return line;
  });
  document.getElementById("others").replaceChildren(...lines);
}

/** Drafts that were never put into the outbox. */
async function unfinished(mine) {
  const drafts = (await store.drafts()).filter(
    (one) => one.user_id === user.id && !mine.some((entry) => entry.visit_id === one.visit_id),
  );
  const lines = drafts.map((one) => {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = `/records/${one.visit_id}`;
    link.textContent = one.firm;
    const drop = document.createElement("button");
    Object.assign(drop, { type: "button", className: "quiet", textContent: words.drop });
    drop.addEventListener("click", () => confirm(words.drop_sure) && store.dropDraft(one.user_id, one.visit_id));
    line.append(link, ` · ${moment(one.changed_at)} `, drop);
    return line;
  });
  document.getElementById("unfinished").hidden = !lines.length;
  document.getElementById("drafts").replaceChildren(...lines);
}

function said(text) {
  document.getElementById("said").textContent = text;
}

function base64(bytes) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([bytes]));
  });
}

const DO = {
  async retry(entry) {
    said(words.sending);
    await store.mark(entry.place, () => ({ state: "waiting", next_at: 0 }));
    await send({ eager: true });
    said("");
  },

  async save(entry) {
    const photos = [];
    for (const { bytes, ...about } of await store.photosOf(entry)) {
      photos.push({ ...about, base64: await base64(bytes) });
    }
    const text = JSON.stringify({ saved_at: new Date().toISOString(), entry, photos }, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `${entry.step}-${entry.visit_id.slice(0, 8)}-${entry.place}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    await store.mark(entry.place, () => ({ saved_at: Date.now() }));
    said(filled(words.saved, { file: link.download }));
  },

  async delete(entry) {
    if (!confirm(words.delete_sure)) return;
    await store.drop(entry);
    said("");
  },

  async anew(entry) {
    if (!confirm(words.anew_sure)) return;
    await store.writeAnew(entry);
    location.assign(`/records/${entry.visit_id}`);
  },
};

const missing = new URLSearchParams(location.search).get("missing");
if (missing) {
  const note = document.getElementById("missing");
  note.textContent = filled(note.textContent, { page: missing });
  note.hidden = false;
}
const is_safe = await navigator.storage?.persisted?.().catch(() => false);
document.getElementById(is_safe ? "safe" : "unsafe").hidden = false;
let drawing = Promise.resolve();
const again = () => {
  drawing = drawing.then(draw).catch((error) => said(String(error)));
};
store.onChange(again);
setInterval(again, 60_000);
await draw();
list.dataset.ready = "1";
