// Between the pages of the desk and the network: files and the pages of the day are kept on the device, and shown from
// there when there is no network.  Only GET, only pages; whatever is sent is the outbox's.
//
// Pages are kept for one person.  When that person leaves, or another one is seen, all of them are deleted.

const PAGES = "pages-";
const FILES = "files-";
const PATIENCE = 4000;
const SELDOM = 60_000;

let era = 0;
let last = { user: null, at: 0 };
let running = Promise.resolve();

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => {
  running = running.then(() => keep(event.data)).catch(() => {});
  event.waitUntil(running);
});
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.method === "POST" && address.pathname === "/logout") event.waitUntil(forget(null));
  if (request.method !== "GET") {
    // What was sent may have changed what is needed on the way.
    last = 0;
    return;
  }
  if (address.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(event, address));
});

async function named(beginning) {
  return (await caches.keys()).filter((name) => name.startsWith(beginning));
}

/** Delete the pages of everybody but one; of all when that one has left. */
async function forget(user) {
  if (user === null) {
    era += 1;
    last = { user: null, at: 0 };
  }
  const others = (await named(PAGES)).filter((name) => name !== PAGES + user);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function file(request) {
  for (const name of await named(FILES)) {
    const held = await (await caches.open(name)).match(request);
    if (held) return held;
  }
  return fetch(request);
}

async function page(event, address) {
  const mine = era;
  const network = fetch(event.request).then((answer) => {
    event.waitUntil(noted(address, answer.clone(), mine).catch(() => {}));
    return answer;
  });
  network.catch(() => {});
  const slow = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  try {
    return (await Promise.race([network, slow])) ?? (await held(address)) ?? (await network);
  } catch (error) {
    const instead = (await held(address)) ?? (await unkept(address));
    if (instead) return instead;
    throw error;
  }
}

/** Whether it is a page of a person, and not a login or an error. */
function isPage(answer, user) {
  return answer.ok && answer.type === "basic" && !answer.redirected && answer.headers.get("desk-user") === user;
}

/** What came over the network takes the place of what was kept, and shows whose device it is by now. */
async function noted(address, answer, mine) {
  const user = answer.headers.get("desk-user");
  if (!user || !isPage(answer, user) || era !== mine) return;
  await forget(user);
  const place = address.pathname + address.search;
  const before = await (await caches.open(PAGES + user)).match(place);
  if (before || place === "/day") await put(user, place, answer, before?.headers.get("desk-mark") ?? "", mine);
}

/** Put a page beside the others of its person, unless that person has left meanwhile. */
async function put(user, place, answer, mark, mine) {
  const headers = new Headers(answer.headers);
  headers.set("desk-kept", new Date().toISOString());
  headers.set("desk-mark", mark);
  for (const name of ["content-length", "content-encoding"]) headers.delete(name);
  const page = new Response(await answer.text(), { status: 200, headers });
  if (era === mine) await (await caches.open(PAGES + user)).put(place, page);
  if (era !== mine) await caches.delete(PAGES + user);
}

/** A page as it was kept, which says when. */
async function held(address) {
  const place = address.pathname === "/" ? "/day" : address.pathname + address.search;
  for (const name of await named(PAGES)) {
    const pages = await caches.open(name);
    const found = await pages.match(place, { ignoreSearch: address.pathname === "/outbox" });
    if (!found) continue;
    const text = (await found.text()).replace('data-kept=""', `data-kept="${found.headers.get("desk-kept")}"`);
    return new Response(text, { status: 200, headers: found.headers });
  }
  return undefined;
}

/** To the outbox, which says that a page is not kept; nowhere where that is not kept either. */
async function unkept(address) {
  if (address.pathname === "/outbox" || !(await held(new URL("/outbox", location.origin)))) return undefined;
  return Response.redirect(`/outbox?missing=${encodeURIComponent(address.pathname)}`, 303);
}

/** Fetch what the server says is needed on the way, as far as it is not here, and let the rest go. */
async function keep({ user, is_changed }) {
  if (!is_changed && user === last.user && Date.now() - last.at < SELDOM) return;
  const answer = await fetch("/kept.json", { credentials: "same-origin" });
  if (!answer.ok) return;
  const mine = era;
  const { user_id, stamp, files, pages } = await answer.json();
  last = { user: user_id, at: Date.now() };
  await forget(user_id);
  const shell = await caches.open(FILES + stamp);
  for (const one of files) if (!(await shell.match(one))) await shell.add(one);
  const wanted = new Map(pages.map((one) => [one.address, one.mark]));
  for (const [place, mark] of wanted) if (!(await fetched(place, mark, user_id, mine))) return;
  const here = await caches.open(PAGES + user_id);
  for (const one of await here.keys()) if (!wanted.has(new URL(one.url).pathname)) await here.delete(one);
  for (const name of await named(FILES)) if (name !== FILES + stamp) await caches.delete(name);
}

/** Keep one page; whether its person is still there. */
async function fetched(place, mark, user, mine) {
  const pages = await caches.open(PAGES + user);
  const before = await pages.match(place);
  if (before && mark && before.headers.get("desk-mark") === mark) return true;
  const answer = await fetch(place, { credentials: "same-origin", redirect: "manual" });
  if (isPage(answer, user)) await put(user, place, answer, mark ?? "", mine);
  else await pages.delete(place);
  return era === mine;
}
