import assert from "node:assert/strict";
import test from "node:test";

import { expanded, ranges } from "../../../selector/static/selector/workspace/draft.js";

test("frame numbers are written as ranges and read again", () => {
  const numbers = [0, 1, 2, 7, 9, 10];
  assert.deepEqual(ranges(numbers), [0, 3, 7, 1, 9, 2]);
  assert.deepEqual(expanded(ranges(numbers)), numbers);
});

test("no frames are no ranges", () => {
  assert.deepEqual(ranges([]), []);
  assert.deepEqual(expanded([]), []);
});
