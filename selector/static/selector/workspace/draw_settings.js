// The settings of a draw: method, amount, the numbers of the method, jobs and file names. They are in
// the address of the page, and this browser stores all but the file names for the next task.

const DRAW = ["mode", "amount", "unit"];
const FILTERS = ["stage", "state", "assignee"];
const NAMES = "filename_contains";
const COMMON = [...DRAW, ...FILTERS, NAMES];

/** The settings in the address, else the stored ones; `isNamed` tells which. A filter that is absent
 * is not set; "" is a value (a job without assignee).
 * @param {{search: string, remembered: string | null}} from
 * @param {string[]} [ofMethods] the names of the numbers of all methods */
export function readSettings({ search, remembered }, ofMethods = []) {
  const query = new URLSearchParams(search);
  const all = [...COMMON, ...ofMethods];
  const named = all.filter((name) => query.has(name));
  if (named.length) {
    return { isNamed: true, values: Object.fromEntries(named.map((name) => [name, query.get(name)])) };
  }
  return { isNamed: false, values: rememberedSettings(remembered, all) };
}

function rememberedSettings(text, all) {
  try {
    const values = Object.entries(JSON.parse(text) ?? {});
    return Object.fromEntries(
      values.filter(([name, value]) => name !== NAMES && all.includes(name) && typeof value === "string"),
    );
  } catch {
    return {};
  }
}

/** The filters of jobs among the settings. */
export function filtersOf(values) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => FILTERS.includes(name)));
}

/** The address with these settings instead of its own.
 * @param {string} href @param {Record<string, string>} values @param {string[]} [ofMethods] as above */
export function addressWith(href, values, ofMethods = []) {
  const url = new URL(href);
  const all = [...COMMON, ...ofMethods];
  for (const name of all) url.searchParams.delete(name);
  for (const name of all) if (values[name] !== undefined) url.searchParams.set(name, values[name]);
  return url.href;
}

/** The settings to store for the next task. */
export function toRemember({ [NAMES]: names, ...values }) {
  return JSON.stringify(values);
}
