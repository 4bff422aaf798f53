// The settings of a draw: how, how many, from which jobs and file names. They stand in the address
// of the page, and all but the file names are remembered in this browser, for the next task.

const DRAW = ["mode", "amount", "unit"];
const FILTERS = ["stage", "state", "assignee"];
const NAMES = "filename_contains";
const ALL = [...DRAW, ...FILTERS, NAMES];

/** What the address says, or else what is remembered. `isNamed` tells which. A filter that is left
 * out is not set; "" is a value (nobody's job has no assignee).
 * @param {{search: string, remembered: string | null}} from */
export function readSettings({ search, remembered }) {
  const query = new URLSearchParams(search);
  const named = ALL.filter((name) => query.has(name));
  if (named.length) {
    return { isNamed: true, values: Object.fromEntries(named.map((name) => [name, query.get(name)])) };
  }
  return { isNamed: false, values: rememberedSettings(remembered) };
}

function rememberedSettings(text) {
  try {
    const values = Object.entries(JSON.parse(text) ?? {});
    return Object.fromEntries(
      values.filter(([name, value]) => name !== NAMES && ALL.includes(name) && typeof value === "string"),
    );
  } catch {
    return {};
  }
}

/** The filters of jobs among the settings. */
export function filtersOf(values) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => FILTERS.includes(name)));
}

/** The address with these settings in place of those that it has. */
export function addressWith(href, values) {
  const url = new URL(href);
  for (const name of ALL) url.searchParams.delete(name);
  for (const name of ALL) if (values[name] !== undefined) url.searchParams.set(name, values[name]);
  return url.href;
}

/** What is to be remembered for the next task. */
export function toRemember({ [NAMES]: names, ...values }) {
  return JSON.stringify(values);
}
