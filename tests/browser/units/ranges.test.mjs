import assert from "node:assert/strict";
import test from "node:test";
import { areRanges, holds, parseRange, sizeOf, splitRanges } from "../../../selector/static/selector/workspace/ranges.js";
import { shortest } from "./timing.mjs";

const rangesOf = (text) => splitRanges(text).map(parseRange);

test("every number is counted once, however the ranges lie", () => {
  const texts = [
    "5", "0-9", "0-9, 5-15", "0-9, 10-19", "3, 3, 3", "0-20 step 5", "0-20 step 5, 5", "1-9 step 4, 3-30 step 3",
    "0-50, 10-20 step 2", "0-50 step 7, 40-90, 2-80 step 3", "10-12, 0-30, 5",
  ];
  for (const text of texts) {
    const ranges = rangesOf(text);
    const all = Array.from({ length: 100 }, (_, number) => number);
    assert.equal(sizeOf(ranges), all.filter((number) => ranges.some((range) => holds(range, number))).length, text);
  }
});

test("spaces separate as commas do, and none is needed", () => {
  for (const text of ["3 5 7", "3,5,7", "3;5; 7", " 3\t5  7 "]) assert.deepEqual(splitRanges(text), ["3", "5", "7"]);
  for (const text of ["0 - 9 step 3 12", "0-9step3, 12", "0 .. 9 : 3 12", "0–9/3 12"]) {
    const [range, one] = rangesOf(text);
    assert.deepEqual([range, one], [{ first: 0, last: 9, step: 3 }, { first: 12, last: 12, step: 1 }], text);
  }
});

test("what is no range", () => {
  assert.throws(() => parseRange("9-0"), /ends before it begins/);
  assert.throws(() => parseRange("0-9step0"), /step below 1/);
  for (const text of ["5-", "1-2-3", "1:2"]) assert.throws(() => parseRange(text), /is no range/, text);
  for (const text of ["1.jpg", "a-b", "img 5", "step", "5,x"]) assert.equal(areRanges(text), false, text);
  for (const text of ["1", "0-9", "0-9 step 2, 5 7", "5-"]) assert.equal(areRanges(text), true, text);
});

test("to the end, and far beyond it", () => {
  assert.equal(sizeOf(rangesOf("0-999999999")), 1_000_000_000);
  assert.equal(sizeOf(rangesOf("0-999999998 step 2")), 500_000_000);
  const often = (text) => () => {
    for (let turn = 0; turn < 1000; turn += 1) assert.ok(sizeOf(rangesOf(text)));
  };
  const [few, many] = ["0-998 step 2", "0-999998 step 2"].map((text) => shortest(often(text)));
  assert.ok(many < 20 * few, `a thousand times the numbers took ${many} ms instead of ${few}`);
});
