// "0-99, 250, 300-400 step 5" as ranges of numbers. Pure.

const RANGE = /^(\d{1,9})(?:(?:-|–|\.\.)(\d{1,9})(?:(?:step|:|\/)(\d+))?)?$/i;
const JOINED = /\s*(-|–|\.\.|step|:|\/)\s*/gi; // what joins the numbers of one range

/** The ranges of a text, separated by commas, semicolons or spaces. */
export function splitRanges(text) {
  return text.replace(JOINED, "$1").split(/[,;\s]+/).filter(Boolean);
}

/** Whether a text has only numbers and what joins them, so that ranges were meant. */
export function areRanges(text) {
  return splitRanges(text).every((part) => /^[\d–.:/-]*(step\d*)?$/i.test(part) && /\d/.test(part));
}

/** @returns {{first: number, last: number, step: number}}
 * @throws {Error} whose message can be shown */
export function parseRange(text) {
  const match = RANGE.exec(text);
  if (!match) throw new Error("is no range of frames: write it like 0-99 or 250");
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  const step = Number(match[3] ?? 1);
  if (last < first) throw new Error("ends before it begins");
  if (step < 1) throw new Error("has a step below 1");
  return { first, last, step };
}

/** How many numbers the ranges have, each counted once. */
export function sizeOf(ranges) {
  const counted = whole(ranges);
  let size = counted.reduce((sum, range) => sum + count(range), 0);
  for (const range of ranges.filter(({ step }) => step > 1)) {
    const others = counted.filter(({ first, last }) => first <= range.last && last >= range.first);
    size += others.length ? besides(range, others) : count(range);
    counted.push(range);
  }
  return size;
}

export function holds({ first, last, step }, number) {
  return number >= first && number <= last && (number - first) % step === 0;
}

function count({ first, last, step }) {
  return Math.floor((last - first) / step) + 1;
}

/** The ranges of step 1, merged where they overlap. */
function whole(ranges) {
  const found = [];
  const single = ranges.filter(({ step }) => step === 1).sort((a, b) => a.first - b.first);
  for (const { first, last } of single) {
    const before = found.at(-1);
    if (before && first <= before.last) before.last = Math.max(before.last, last);
    else found.push({ first, last, step: 1 });
  }
  return found;
}

function besides({ first, last, step }, others) {
  let found = 0;
  for (let number = first; number <= last; number += step) {
    if (!others.some((range) => holds(range, number))) found += 1;
  }
  return found;
}
