// The ranges of numbers among the conditions of the panel "Annotations", as a person types them. Pure.

/** @typedef {{id: string, label: string, most: number, scale: number, isWhole: boolean}} NumberRange */

/** `scale`: by how much the typed number is larger than that of the filter.
 * @type {NumberRange[]} */
export const RANGES = [
  { id: "objects", label: "Objects", most: 1_000_000, scale: 1, isWhole: true },
  { id: "area", label: "Picture share", most: 100, scale: 100, isWhole: false },
];

/** The numbers as the keys of the filter, such as {area_from: 0.05, area_to: null}, without those of
 * a range that is wrong; which ends are wrong, and what to do about it.
 * @param {NumberRange} range
 * @param {{from: string, to: string}} texts */
export function readRange(range, texts) {
  const from = numberIn(range, texts.from);
  const to = numberIn(range, texts.to);
  const wrong = [Number.isNaN(from) && "from", Number.isNaN(to) && "to"].filter(Boolean);
  if (wrong.length) {
    const kind = range.isWhole ? "a whole number" : "a percentage";
    return { wrong, problem: `${range.label}: give ${kind} from 0 to ${range.most.toLocaleString("en")}.` };
  }
  if (from !== null && to !== null && from > to) {
    return { wrong: ["to"], problem: `${range.label}: the second number must not be below the first.` };
  }
  return { wrong, problem: "", [`${range.id}_from`]: scaled(range, from), [`${range.id}_to`]: scaled(range, to) };
}

/** A number of the filter as the field shows it.
 * @param {NumberRange} range
 * @param {number | undefined} value */
export function asTyped({ scale }, value) {
  return value === undefined ? "" : String(exact(value * scale));
}

/** Null for an empty field, NaN for what is no number of the range. */
function numberIn({ most, isWhole }, text) {
  const plain = (isWhole ? text : text.replace(/%\s*$/, "")).trim().replace(",", ".");
  if (plain === "") return text.trim() === "" ? null : NaN;
  const number = Number(plain);
  const isOne = number >= 0 && number <= most && (!isWhole || Number.isInteger(number));
  return isOne ? number : NaN;
}

function scaled({ scale }, number) {
  return number === null ? null : exact(number / scale);
}

/** Without the error of binary fractions. */
function exact(number) {
  return Number(number.toPrecision(12));
}
