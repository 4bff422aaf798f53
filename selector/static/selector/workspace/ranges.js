// "0-99, 250, 300-400 step 5" as a set of numbers, and as frames. Knows no page.

import { plural } from "./words.js";

const PART = /^(\d{1,9})(?:\s*(?:-|–|\.\.)\s*(\d{1,9})(?:\s*(?:step|:|\/)\s*(\d+))?)?$/i;

/** Take the frames of such numbers in or out. Answers what there is to say of it, if anything.
 * @throws {Error} whose message can be shown */
export function takeRanges(choice, text, wanted) {
  const ranges = new Ranges(text);
  const found = [];
  choice.catalog.number.forEach((number, index) => ranges.has(number) && found.push(index));
  if (!found.length) throw new Error("No frame here has such a number.");
  choice.set(found, wanted);
  const missing = ranges.size - found.length;
  if (!missing) return "";
  const are = `${missing === 1 ? "is" : "are"} not among the frames here`;
  const others = found.length === 1 ? "the other one is" : "the others are";
  return `${plural(missing, "number")} ${are}; ${others} ${wanted ? "chosen" : "left out"}.`;
}

export class Ranges {
  /** @throws {Error} whose message can be shown */
  constructor(text) {
    this.parts = text.split(/[,;\n]+/).map((part) => part.trim()).filter(Boolean).map(parsePart);
    if (!this.parts.length) throw new Error("Type frame numbers first, such as 0-99, 250.");
  }

  has(number) {
    return this.parts.some((part) => holds(part, number));
  }

  /** How many numbers there are, each counted once. */
  get size() {
    const counted = whole(this.parts);
    let size = counted.reduce((sum, part) => sum + count(part), 0);
    for (const part of this.parts.filter(({ step }) => step > 1)) {
      const others = counted.filter(({ first, last }) => first <= part.last && last >= part.first);
      size += others.length ? besides(part, others) : count(part);
      counted.push(part);
    }
    return size;
  }
}

function holds({ first, last, step }, number) {
  return number >= first && number <= last && (number - first) % step === 0;
}

function count({ first, last, step }) {
  return Math.floor((last - first) / step) + 1;
}

/** Those that go by ones, made one where they overlap. */
function whole(parts) {
  const found = [];
  const single = parts.filter(({ step }) => step === 1).sort((a, b) => a.first - b.first);
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
    if (!others.some((part) => holds(part, number))) found += 1;
  }
  return found;
}

function parsePart(part) {
  const match = PART.exec(part);
  if (!match) throw new Error(`“${part}” is no range of frames. Write it like 0-99 or 250.`);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  const step = Number(match[3] ?? 1);
  if (last < first) throw new Error(`The range ${part} ends before it begins.`);
  if (step < 1) throw new Error("The step of a range must be 1 or more.");
  return { first, last, step };
}
