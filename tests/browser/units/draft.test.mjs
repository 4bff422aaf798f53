import assert from "node:assert/strict";
import test from "node:test";

import { expanded, framesOf, ranges, repeated, runs } from "../../../selector/static/selector/workspace/draft.js";

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
  assert.equal(repeated([4, 200_000]).length, 200_000);
});

test("the frames of several tasks are read as the API writes them", () => {
  const draft = { frames: [0, 2, 0, 1], tasks: [5, 2, 6, 1], jobs: [50, 1, 51, 1, 60, 1] };
  assert.deepEqual(framesOf(draft), [
    { frame: 0, task_id: 5, job_id: 50 },
    { frame: 1, task_id: 5, job_id: 51 },
    { frame: 0, task_id: 6, job_id: 60 },
  ]);
});
