// The record on the device: every change kept at once, findings and photos without the server, steps by the outbox.

import { choose, fieldsOf, putBack, reader, recordOf, signed } from "./forms.js";
import { number } from "./hash.js";
import { filled, moment, told, user } from "./page.js";
import { photoOf, thumbnail } from "./pictures.js";
import { send } from "./sending.js";
import { among, looked } from "./statutes.js";
import * as store from "./store.js";

const about = told();
const { visit_id, words } = about;
const form = document.getElementById("record");
const notes = document.getElementById("notes");
const blank = document.getElementById("blank");
const NIL = "00000000-0000-0000-0000-000000000000";
const [WIDE, HIGH] = [96, 72];

let held = await store.draft(user.id, visit_id);
let reading = Promise.resolve();
let writing = Promise.resolve();
let is_written = true;
let is_overtaken = false;

// --- what is written -------------------------------------------------------------------------------------------------

/** Keep the form as it stands; while one is being kept, the next waits and holds all that came meanwhile.
 *
 * Whoever was overtaken by another window keeps nothing any more, and says so. */
function keep() {
  is_written = false;
  const write = async () => {
    if (is_written || is_overtaken) return;
    const { version, state } = held ?? about;
    const who = { user_id: user.id, user_name: user.name, visit_id, firm: about.firm };
    is_written = true;
    // Later than what it takes the place of, whatever the clock says: no two are alike.
    const changed_at = Math.max(Date.now(), (held?.changed_at ?? 0) + 1);
    const draft = { ...who, version, state, fields: fieldsOf(form), changed_at };
    const kept = await store.keepDraft(draft, held?.changed_at);
    if (kept) held = kept;
    else overtaken();
  };
  writing = writing.then(write, write);
  return writing;
}

function overtaken() {
  is_overtaken = true;
  const buttons = [...notes.querySelectorAll("button"), ...form.querySelectorAll("button:not(.unseen)")];
  for (const one of buttons) one.hidden = true;
  const shown = note(words.overtaken, "fault", " ", button(words.load_kept, () => location.reload()));
  shown.id = "overtaken";
  shown.setAttribute("role", "alert");
  shown.scrollIntoView({ block: "center" });
}

function unkept(error) {
  console.error(error);
  note(filled(words.not_kept, { error: String(error) }), "fault");
}

function note(text, kind = "empty", ...more) {
  const shown = document.createElement("p");
  shown.className = kind;
  shown.append(text, ...more);
  notes.append(shown);
  return shown;
}

function link(address, text) {
  const made = document.createElement("a");
  made.href = address;
  made.textContent = text;
  return made;
}

function toLogIn() {
  return link(`/login?next=${location.pathname}`, words.login);
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

// --- findings --------------------------------------------------------------------------------------------------------

function findings() {
  return [...form.querySelectorAll("fieldset.finding")];
}

function numbered() {
  findings().forEach((one, place) => {
    one.querySelector("legend").textContent = filled(words.finding, { n: place + 1 });
    one.querySelector('button[value^="remove:"]').textContent = filled(words.take_out, { n: place + 1 });
  });
}

function addFinding(id = number()) {
  const made = document.createElement("template");
  made.innerHTML = blank.innerHTML.replaceAll(NIL, id);
  for (const one of made.content.querySelectorAll("[data-script]")) one.hidden = false;
  document.getElementById("more").before(made.content);
  const added = document.getElementById(`f-${id}`);
  numbered();
  return added;
}

function takeOut(id) {
  document.getElementById(`f-${id}`).remove();
  numbered();
}

/** Show what the text beside a finding may mean, each to be taken at a tap. */
async function search(id) {
  const part = document.getElementById(`f-${id}`);
  const text = document.getElementById(`q-${id}`).value.trim();
  if (!text) return;
  const options = [...document.getElementById(`c-${id}`).options];
  const [items, is_whole] = await looked(text, visit_id).then(
    (found) => [found, true],
    () => [among(text, options, about.criteria), false],
  );
  const listed = document.createElement("ul");
  listed.className = "plain";
  for (const one of items) {
    const line = document.createElement("li");
    const more = document.createElement("span");
    more.className = "sub";
    more.textContent = [one.item_code, ...one.references, ...(one.applies ? [] : [words.not_for])].join(" · ");
    const take = (criterion) => taken(id, one, criterion).catch(unkept);
    line.append(one.title, more, button(words.take, () => take("")));
    for (const each of one.criteria) {
      line.append(" ", button(filled(words.take_as, { criterion: each }), () => take(each)));
    }
    listed.append(line);
  }
  const said = [items.length ? "" : words.none_found, is_whole ? "" : words.only_kept].filter(Boolean).join(" ");
  part.querySelector(".found").replaceChildren(said, listed);
}

/** Write an item into a finding, with a criterion where one was chosen, and say what it rests on. */
async function taken(id, item, criterion) {
  const [codes, criteria] = [document.getElementById(`c-${id}`), document.getElementById(`k-${id}`)];
  choose(codes, item.item_code, `${item.item_code} ${item.title}`);
  const others = (about.criteria[item.item_code] ?? []).filter((one) => !hasOption(criteria, one));
  for (const one of others) criteria.add(new Option(one, one));
  choose(criteria, criterion);
  criteria.closest("details").open ||= Boolean(criterion);
  if (item.references.length) about.references[item.item_code] ??= item.references.join(" · ");
  restsOn(id);
  document.querySelector(`#f-${id} .found`).replaceChildren();
  codes.focus();
  await keep();
}

function hasOption(list, value) {
  return [...list.options].some((one) => one.value === value);
}

function restsOn(id) {
  const said = document.getElementById(`r-${id}`);
  const references = about.references[document.getElementById(`c-${id}`).value];
  said.lastElementChild.textContent = references ?? "";
  said.hidden = !references;
}

// --- photos ----------------------------------------------------------------------------------------------------------

async function chosen(input) {
  const files = [...input.files];
  const id = input.name.replace(/\.photo$/, "");
  const busy = note(filled(words.reading, { n: files.length }));
  for (const file of files) {
    const one = await photoOf(file).catch(() => null);
    if (one) {
      const mine = { user_id: user.id, visit_id, ...one };
      await store.keepPhoto(mine);
      await showPhoto(id, one.sha256, mine);
    } else note(filled(words.no_photo, { name: file.name }), "fault");
  }
  input.value = "";
  busy.remove();
  await keep();
}

/** Put a photo beside those of a finding, as one that is kept; from the server where it is not here any more. */
async function showPhoto(id, sha256, photo) {
  const part = document.getElementById(`f-${id}`);
  if (!part || part.querySelector(`input[value="${sha256}"]`)) return;
  const count = part.querySelectorAll(".photo").length + 1;
  const label = document.createElement("label");
  label.className = "tick photo";
  const tick = document.createElement("input");
  Object.assign(tick, { type: "checkbox", name: `${id}.photos`, value: sha256, checked: true });
  let picture;
  if (photo) {
    picture = await thumbnail(photo.bytes, WIDE, HIGH);
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", filled(words.photo, { n: count }));
  } else {
    picture = new Image(WIDE, HIGH);
    Object.assign(picture, { src: `/blobs/${sha256}`, alt: filled(words.photo, { n: count }) });
  }
  label.append(tick, picture, camera(photo));
  part.querySelector('input[type="file"]').closest("label").before(label);
}

/** What the camera wrote, for whoever looks at the photo. */
function camera(photo) {
  const said = document.createElement("span");
  said.className = "sub";
  const taken = photo?.taken_at?.replace(/^(\d+):(\d+):/, "$1-$2-");
  const place = photo?.place?.join(", ");
  said.textContent = [taken && filled(words.taken, { at: taken }), place && filled(words.at_place, { place })]
    .filter(Boolean)
    .join(" · ");
  return said;
}

// --- what was written before -----------------------------------------------------------------------------------------

async function restore(fields) {
  const { texts } = reader(fields);
  const wanted = texts("finding");
  for (const one of findings()) if (!wanted.includes(one.id.slice(2))) one.remove();
  for (const id of wanted) if (!document.getElementById(`f-${id}`)) addFinding(id);
  numbered();
  for (const id of [...wanted, ...texts("opinion")]) {
    for (const sha256 of texts(`${id}.photos`)) {
      await showPhoto(id, sha256, await store.photo(user.id, visit_id, sha256));
    }
  }
  putBack(form, fields);
  for (const id of wanted) restsOn(id);
  for (const one of form.querySelectorAll("details")) one.open ||= isFilled(one);
}

function isFilled(part) {
  const all = [...part.querySelectorAll("input, textarea, select")];
  return all.some((one) => (one.type === "checkbox" ? one.checked : one.value));
}

async function found() {
  const waiting = await store.chain(user.id, visit_id);
  if (held) {
    await restore(held.fields);
    const more = waiting.length ? [] : [" ", button(words.drop, dropped)];
    note(filled(words.put_back, { moment: moment(held.changed_at) }), "empty", ...more);
    if (about.version > held.version) {
      note(filled(words.newer, { n: about.version }), "fault", " ", link(`/visits/${visit_id}`, words.look));
    }
  }
  const stopped = waiting.find((one) => one.state === "refused");
  if (stopped) shownFaults(stopped);
  if (waiting.length) note(filled(words.waits, { n: waiting.length }), "empty", " ", link("/outbox", words.outbox));
  if (waiting.some((one) => one.state === "login")) note(words.session_over, "fault", " ", toLogIn());
}

async function dropped() {
  if (!confirm(words.drop_sure)) return;
  await writing;
  const now = await store.draft(user.id, visit_id);
  if (now && now.changed_at !== held.changed_at) {
    overtaken();
    return;
  }
  await store.dropDraft(user.id, visit_id);
  location.reload();
}

// --- faults ----------------------------------------------------------------------------------------------------------

function list(faults, kind) {
  const made = document.createElement("ul");
  made.className = `plain told ${kind}`;
  for (const one of faults) {
    const line = document.createElement("li");
    const clause = document.createElement("span");
    clause.className = "sub";
    clause.textContent = [one.clause, one.rule].filter(Boolean).join(" · ");
    line.append(one.message, " ", clause);
    made.append(line);
  }
  return made;
}

function shownFaults({ error, faults }) {
  document.getElementById("faults")?.remove();
  for (const one of form.querySelectorAll(".told")) one.remove();
  const shown = note("", "fault", error, list(faults, ""));
  shown.id = "faults";
  shown.tabIndex = -1;
  for (const one of faults) {
    const [, id] = /^(?:findings|opinions)\.([0-9a-f-]{36})/.exec(one.part ?? "") ?? [];
    const part = id && document.getElementById(`f-${id}`);
    if (part) part.querySelector("legend").after(list([one], "late-list"));
  }
  shown.focus();
  return shown;
}

// --- steps -----------------------------------------------------------------------------------------------------------

/** The steps that a button means, with what they bring; none where something typed stands against them. */
function steps(act) {
  const fields = fieldsOf(form);
  const record = recordOf(fields, about.held, about.offset);
  const photos = [...record.findings, ...record.opinions].flatMap((one) => one.photos);
  if (act === "keep" || act === "record") return [{ step: act, body: { record }, photos }];
  const { faults, record: whole } = signed(record, fields, about.names, words);
  if (faults.length) {
    shownFaults({ error: words.nothing, faults: faults.map((message) => ({ message })) });
    return [];
  }
  if (act === "revise") return [{ step: act, body: { record: whole, reason: reader(fields).text("reason") }, photos }];
  return [
    { step: "record", body: { record }, photos },
    { step: "sign", body: { record: whole }, photos },
  ];
}

async function take(act) {
  await reading;
  await keep();
  const made = is_overtaken ? [] : steps(act);
  if (!made.length) return;
  await store.add(held, made);
  // Not waited for: some browsers ask the person.
  navigator.storage?.persist?.().catch(() => {});
  const shown = note(words.kept, "empty", " ", link("/outbox", words.outbox));
  shown.setAttribute("role", "status");
  shown.scrollIntoView({ block: "center" });
  await send({ eager: true });
  const left = await store.chain(user.id, visit_id);
  const stopped = left.find((one) => one.state !== "waiting");
  if (!left.length) location.assign(act === "keep" ? `/records/${visit_id}` : `/visits/${visit_id}`);
  else if (stopped?.state === "refused") {
    shown.remove();
    shownFaults(stopped);
  } else if (stopped?.state === "conflict") location.assign("/outbox");
  else if (stopped?.state === "login") shown.replaceChildren(words.session_over, " ", toLogIn());
}

/** What was written here went to the server meanwhile: what is written now would be written on what is past. */
async function gone() {
  if (!held || form.inert || (await store.draft(user.id, visit_id))) return;
  if ((await store.chain(user.id, visit_id)).length) return;
  form.inert = true;
  note(words.sent, "empty", " ", link(`/visits/${visit_id}`, words.look)).scrollIntoView({ block: "center" });
}

async function pressed(act) {
  if (act === "more") {
    form.elements.no_finding.checked = false;
    addFinding().querySelector("select").focus();
  } else if (act.startsWith("remove:")) takeOut(act.slice("remove:".length));
  else if (act.startsWith("search:")) await search(act.slice("search:".length));
  await keep();
  if (is_overtaken) return;
  if (["keep", "record", "sign", "revise"].includes(act)) await take(act);
}

// --- the page --------------------------------------------------------------------------------------------------------

await found();
store.onChange(() => gone());
for (const one of document.querySelectorAll("[data-script]")) one.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const buttons = [...form.querySelectorAll("button")];
  const before = buttons.filter((one) => !one.disabled);
  for (const one of before) one.disabled = true;
  pressed(event.submitter?.value ?? "keep")
    .catch(unkept)
    .finally(() => {
      for (const one of before) one.disabled = false;
    });
});
form.addEventListener("input", (event) => {
  if (event.target.type !== "file") keep().catch(unkept);
  if (event.target.name.endsWith(".item_code")) restsOn(event.target.id.slice(2));
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.type !== "search") return;
  event.preventDefault();
  search(event.target.id.slice(2)).catch(unkept);
});
form.addEventListener("change", (event) => {
  if (event.target.type !== "file") return;
  const { target } = event;
  reading = reading.then(() => chosen(target)).catch(unkept);
});
form.dataset.ready = "1";
