// The form of a record: as it stands, put back, and read as what the server takes.

const MARKS = new Set(["csrf", "version", "request_id"]);

/** All that is written, as pairs of name and text in the order of the page. */
export function fieldsOf(form) {
  const told = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !MARKS.has(name));
  return told.map(([name, value]) => [name, value]);
}

/** Write into the fields of a form what was written before; fields that were not there then stay empty. */
export function putBack(form, fields) {
  const told = new Map();
  for (const [name, value] of fields) told.set(name, [...(told.get(name) ?? []), value]);
  for (const one of form.elements) {
    if (!one.name || MARKS.has(one.name) || ["hidden", "file", "submit"].includes(one.type)) continue;
    const values = told.get(one.name) ?? [];
    if (one.type === "checkbox") one.checked = values.includes(one.value);
    else if (one.tagName === "SELECT") choose(one, values[0] ?? "");
    else one.value = values[0] ?? "";
  }
}

/** Choose from a list, and add what is not in it. */
export function choose(list, value, said = value) {
  // What was to choose from then may not be any more; it is what the person chose all the same.
  if (![...list.options].some((one) => one.value === value)) list.add(new Option(said, value));
  list.value = value;
}

/** Read what is written by the name of its field, as the server does it. */
export function reader(fields) {
  const text = (name) => (fields.find(([one]) => one === name)?.[1] ?? "").replace(/\r\n/g, "\n").trim();
  const texts = (name) => {
    const found = fields.filter(([one]) => one === name).map(([, value]) => value.trim());
    return [...new Set(found.filter(Boolean))];
  };
  return { text, texts };
}

/** The record that a form tells.  ``held``: signatures that the ledger has; ``offset``: of the time of the place. */
export function recordOf(fields, held, offset) {
  const { text, texts } = reader(fields);
  const moment = (name) => (text(name) ? `${text(name)}${text(name).length < 19 ? ":00" : ""}${offset}` : null);
  const places = text("places").split(/[,；;，、\n]/);
  return {
    begun_at: moment("begun_at"),
    ended_at: moment("ended_at"),
    places: places.map((one) => one.trim()).filter(Boolean),
    situation: text("situation"),
    certificates_shown: Boolean(text("certificates_shown")),
    no_finding: Boolean(text("no_finding")),
    integrity_pledge: Boolean(text("integrity_pledge")),
    outcome: text("outcome") || null,
    findings: texts("finding").map((id) => ({
      id,
      item_code: text(`${id}.item_code`),
      description: text(`${id}.description`),
      place: text(`${id}.place`),
      severity: text(`${id}.severity`) || "ungraded",
      is_major: Boolean(text(`${id}.is_major`)),
      criterion: text(`${id}.criterion`),
      disposal: text(`${id}.disposal`) || null,
      measure: text(`${id}.measure`),
      rectify_due_on: text(`${id}.rectify_due_on`) || null,
      photos: texts(`${id}.photos`),
    })),
    opinions: texts("opinion")
      .filter((id) => text(`${id}.opinion`))
      .map((id) => ({
        finding_id: id,
        opinion: text(`${id}.opinion`),
        note: text(`${id}.note`),
        due_on: text(`${id}.due_on`) || null,
        photos: texts(`${id}.photos`),
      })),
    officers: held?.officers ?? [],
    unit: held?.unit ?? null,
    refusal: held?.refusal ?? null,
  };
}

/** The record as signed: names typed, each confirmed; and what stands against it.  ``names``: as the register has them. */
export function signed(record, fields, names, words) {
  const { text } = reader(fields);
  const signed_at = new Date().toISOString();
  const faults = [];
  const officers = [];
  for (const [officer_id, name] of Object.entries(names)) {
    const typed = text(`sign.${officer_id}`);
    if (!typed) continue;
    if (typed !== name) faults.push(words.name_differs.replace("{officer}", officer_id));
    officers.push({ officer_id, signed_at });
  }
  if (!text("confirmed")) faults.push(words.not_confirmed);
  const unit = text("unit.name") ? { name: text("unit.name"), post: text("unit.post"), signed_at } : null;
  const [reason, witness] = [text("refusal.reason"), text("refusal.witness")];
  const refusal = reason || witness ? { reason, witness } : null;
  return { faults, record: { ...record, officers, unit, refusal } };
}
