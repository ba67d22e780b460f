// The page a module stands on: for whom it is, and the words it was given to say.

/** Whoever is logged in, as the page was made: number and name; none on pages for nobody. */
export const user = document.body.dataset.user
  ? { id: document.body.dataset.user, name: document.body.dataset.name }
  : null;

/** What the server put beside the page for its script. */
export function told() {
  return JSON.parse(document.getElementById("told").textContent);
}

/** A sentence with its gaps filled. */
export function filled(sentence, facts) {
  return sentence.replace(/\{(\w+)\}/g, (gap, name) => facts[name] ?? gap);
}

const language = document.documentElement.lang;

/** A moment of the device's clock: the time, with its day where that is another one. */
export function moment(at) {
  const time = new Date(at);
  const is_today = time.toDateString() === new Date().toDateString();
  const shown = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (!is_today) Object.assign(shown, { year: "numeric", month: "2-digit", day: "2-digit" });
  return new Intl.DateTimeFormat(language, shown).format(time);
}

function amount(number, unit) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(number);
}

/** How long ago something was, in its largest unit. */
export function age(at) {
  const minutes = Math.max(0, Math.floor((Date.now() - at) / 60000));
  if (minutes < 60) return amount(minutes, "minute");
  if (minutes < 48 * 60) return amount(Math.floor(minutes / 60), "hour");
  return amount(Math.floor(minutes / 1440), "day");
}

/** Bytes as kB. */
export function size(bytes) {
  return `${new Intl.NumberFormat(language).format(Math.ceil(bytes / 1000))} kB`;
}
