import assert from "node:assert/strict";
import test from "node:test";
import { Choice } from "../../../selector/static/selector/workspace/choice.js";
import { Ranges, takeRanges } from "../../../selector/static/selector/workspace/ranges.js";
import { catalogOf } from "./catalogs.mjs";
import { shortest } from "./timing.mjs";

test("every number is counted once, however the ranges lie", () => {
  const texts = [
    "5", "0-9", "0-9, 5-15", "0-9, 10-19", "3, 3, 3", "0-20 step 5", "0-20 step 5, 5", "1-9 step 4, 3-30 step 3",
    "0-50, 10-20 step 2", "0-50 step 7, 40-90, 2-80 step 3", "10-12, 0-30, 5",
  ];
  for (const text of texts) {
    const ranges = new Ranges(text);
    const all = Array.from({ length: 100 }, (_, number) => number);
    assert.equal(ranges.size, all.filter((number) => ranges.has(number)).length, text);
  }
});

test("to the end, and far beyond it", () => {
  assert.equal(new Ranges("0-999999999").size, 1_000_000_000);
  assert.equal(new Ranges("0-999999998 step 2").size, 500_000_000);
  const often = (text) => () => {
    for (let turn = 0; turn < 1000; turn += 1) assert.ok(new Ranges(text).size);
  };
  const [few, many] = ["0-998 step 2", "0-999998 step 2"].map((text) => shortest(often(text)));
  assert.ok(many < 20 * few, `a thousand times the numbers took ${many} ms instead of ${few}`);
});

test("numbers that are not there are told, the others are taken", () => {
  const choice = new Choice(catalogOf([40, 35]));
  assert.equal(takeRanges(choice, "0-9", true), "");
  assert.equal(choice.size, 10);
  assert.equal(
    takeRanges(choice, "70-9999", true),
    "9,925 numbers are not among the frames here; the others are chosen.",
  );
  assert.equal(choice.size, 15);
  assert.equal(
    takeRanges(choice, "74-75", false),
    "1 number is not among the frames here; the other one is left out.",
  );
  assert.throws(() => takeRanges(choice, "75-80", true), /No frame here/);
  assert.equal(choice.size, 14);
});
