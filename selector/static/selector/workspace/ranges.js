// "0-99, 250, 300-400 step 5" as a test of numbers.

const PART = /^(\d+)(?:\s*(?:-|–|\.\.)\s*(\d+)(?:\s*(?:step|:|\/)\s*(\d+))?)?$/i;

/** @returns {(number: number) => boolean} @throws {Error} whose message can be shown */
export function parseRanges(text) {
  const ranges = text.split(/[,;\n]+/).map((part) => part.trim()).filter(Boolean).map(parsePart);
  if (!ranges.length) throw new Error("Type frame numbers first, such as 0-99, 250.");
  return (number) =>
    ranges.some(
      ({ first, last, step }) =>
        number >= first && number <= last && (number - first) % step === 0,
    );
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
