import assert from "node:assert/strict";
import { test } from "node:test";

import { RANGES, asTyped, readRange } from "../../../selector/static/selector/workspace/number_ranges.js";

const [objects, area] = RANGES;
const read = (range, from, to = "") => readRange(range, { from, to });

test("typed numbers are those of the filter", () => {
  assert.deepEqual(read(objects, "2", " 10 "), { wrong: [], problem: "", objects_from: 2, objects_to: 10 });
  for (const text of ["29", " 29% ", "29 %"]) {
    assert.deepEqual(read(area, text), { wrong: [], problem: "", area_from: 0.29, area_to: null }, text);
  }
  assert.equal(read(area, "0,5").area_from, 0.005);
  assert.equal(asTyped(area, 0.29), "29");
  assert.equal(asTyped(objects, undefined), "");
});

test("what is no number of the range is told, and limits nothing", () => {
  for (const text of ["abc", "250", "-1", "%", "5 % of it"]) {
    const problem = "Picture share: give a percentage from 0 to 100.";
    assert.deepEqual(read(area, "1", text), { wrong: ["to"], problem }, text);
  }
  for (const text of ["5%", "1.5", "1000001"]) {
    const problem = "Objects: give a whole number from 0 to 1,000,000.";
    assert.deepEqual(read(objects, text, "x"), { wrong: ["from", "to"], problem }, text);
  }
});

test("a range does not end before it begins", () => {
  const problem = "Objects: the second number must not be below the first.";
  assert.deepEqual(read(objects, "5", "2"), { wrong: ["to"], problem });
  assert.equal(read(objects, "2", "2").problem, "");
});
