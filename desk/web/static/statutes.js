// Looking for what a finding is: the server's search over items, or without network the items that are on the page.

const MOST = 5;

/** Items that a text means, for the enterprise of a visit: code, title, criteria, references, whether they are its own. */
export async function looked(text, visit_id) {
  const asked = new URLSearchParams({ q: text, visit: visit_id });
  const answer = await fetch(`/statutes.json?${asked}`, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const { items } = await answer.json();
  const language = document.documentElement.lang.slice(0, 2);
  return items.slice(0, MOST).map((one) => ({ ...one, title: one[`title_${language}`] ?? one.title_en }));
}

/** Items of a list that share most pairs of characters, then most characters, with a text. */
export function among(text, options, criteria) {
  const [pairs, single] = [cut(text, 2), cut(text, 1)];
  const shared = (title) => 3 * common(pairs, cut(title, 2)) + common(single, cut(title, 1));
  return options
    .filter((one) => one.value)
    .map((one) => ({ item_code: one.value, title: one.textContent.replace(one.value, "").trim() }))
    .map((one) => ({ ...one, score: shared(one.title) }))
    .filter((one) => one.score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST)
    .map((one) => ({ ...one, criteria: criteria[one.item_code] ?? [], references: [], applies: true }));
}

function cut(text, length) {
  const plain = text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
  return new Set(Array.from({ length: Math.max(0, plain.length - length + 1) }, (_, at) => plain.slice(at, at + length)));
}

function common(one, other) {
  return [...one].filter((each) => other.has(each)).length;
}
