import assert from "node:assert/strict";
import test from "node:test";

import { expanded, ranges, repeated, runs } from "../../../selector/static/selector/workspace/draft.js";

test("frame numbers are written as ranges and read again", () => {
  const numbers = [0, 1, 2, 7, 9, 10];
  assert.deepEqual(ranges(numbers), [0, 3, 7, 1, 9, 2]);
  assert.deepEqual(expanded(ranges(numbers)), numbers);
});

test("no frames are no ranges", () => {
  assert.deepEqual(ranges([]), []);
  assert.deepEqual(expanded([]), []);
});

test("the jobs of the frames are written by runs and read again", () => {
  const jobs = [4, 4, 4, 5, 4];
  assert.deepEqual(runs(jobs), [4, 3, 5, 1, 4, 1]);
  assert.deepEqual(repeated(runs(jobs)), jobs);
  assert.deepEqual(repeated(runs([])), []);
});
