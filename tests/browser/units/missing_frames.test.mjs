// Which frames of a saved selection are gone, and why.

import assert from "node:assert/strict";
import { test } from "node:test";

import { missingInWords } from "../../../selector/static/selector/workspace/missing_frames.js";

const gone = { deleted: [4, 2, 90, 1], honeypot: [7, 1] };
const catalog = {
  leftOut: (number) =>
    Object.keys(gone).find((reason) => {
      for (let run = 0; run < gone[reason].length; run += 2) {
        const [first, count] = gone[reason].slice(run, run + 2);
        if (number >= first && number < first + count) return true;
      }
      return false;
    }),
};
const frame = (number) => ({ frame: number, filename: `p${number}.png` });

test("one frame", () => {
  assert.equal(missingInWords([frame(4)], catalog), "1 is not offered here any more: 4 (p4.png), deleted in CVAT.");
});

test("several reasons, names that CVAT has not, and many", () => {
  const words = missingInWords([{ frame: 5, filename: "" }, frame(7), ...[10, 11, 12, 13, 14, 15].map(frame)], catalog);
  assert.match(words, /^1 is not offered here any more: 5, deleted in CVAT\. /);
  assert.match(words, /1 is not offered here any more: 7 \(p7\.png\), which repeats another picture now \(honeypot\)\. /);
  assert.match(words, /6 are not offered here any more: 10 .* and 1 more, not in the task/);
});

test("nothing is gone", () => {
  assert.equal(missingInWords([], catalog), "");
});
