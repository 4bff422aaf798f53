// The settings of a draw: method, amount, the numbers of the method, and the filters of jobs and frames.
// They are in the address of the page, and this browser stores them for the next task.

import { isSet, tidy } from "./annotation_filter.js";
import { FRAME_FILTERS } from "./frame_filter.js";

const DRAW = ["mode", "amount", "unit"];
const FILTERS = ["stage", "state", "assignee"];
const KNOWN_NAMES = ["names_of", "names_compared"]; // other tasks whose file names are left out
const COMMON = [...DRAW, ...FILTERS, ...FRAME_FILTERS, ...KNOWN_NAMES];
const ANNOTATIONS = "annotation_filter"; // stored as JSON; the address has it in parameters of its own

/** The settings in the address, else the stored ones; `isNamed` tells which. A filter that is absent
 * is not set.
 * @param {{search: string, remembered: string | null}} from
 * @param {string[]} [ofMethods] the names of the numbers of all methods */
export function readSettings({ search, remembered }, ofMethods = []) {
  const query = new URLSearchParams(search);
  const all = [...COMMON, ...ofMethods];
  const named = all.filter((name) => query.has(name));
  if (named.length) {
    return { isNamed: true, values: Object.fromEntries(named.map((name) => [name, query.get(name)])) };
  }
  return { isNamed: false, values: rememberedSettings(remembered, [...all, ANNOTATIONS]) };
}

function rememberedSettings(text, all) {
  try {
    const values = Object.entries(JSON.parse(text) ?? {});
    return Object.fromEntries(
      values.filter(([name, value]) => all.includes(name) && typeof value === "string"),
    );
  } catch {
    return {};
  }
}

/** The filters of jobs among the settings. */
export function filtersOf(values) {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => FILTERS.includes(name) && value));
}

/** The filter by annotations among the stored settings; {} without any. */
export function annotationFilterOf({ [ANNOTATIONS]: text = "{}" }) {
  try {
    return tidy(JSON.parse(text));
  } catch {
    return {};
  }
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
export function toRemember(values, annotationFilter = {}) {
  const annotations = isSet(annotationFilter) ? { [ANNOTATIONS]: JSON.stringify(annotationFilter) } : {};
  return JSON.stringify({ ...values, ...annotations });
}
