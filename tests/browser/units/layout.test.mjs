import assert from "node:assert/strict";
import test from "node:test";
import { Layout, placesByNearness } from "../../../selector/static/selector/workspace/layout.js";
import { ScrollMap } from "../../../selector/static/selector/workspace/scroll_map.js";

const layout = () => new Layout({ counts: [10, 3, 7], columns: 4, rowHeight: 90, gap: 10, head: 50 });

test("sections follow each other", () => {
  const { sections, height, count, lines } = layout();
  assert.deepEqual(sections.map(({ top }) => top), [0, 350, 500]);
  assert.deepEqual(sections.map(({ place }) => place), [0, 10, 13]);
  assert.deepEqual(sections.map(({ line }) => line), [1, 5, 7]);
  assert.deepEqual([height, count, lines], [750, 20, 9]);
});

test("rows in a window", () => {
  const found = layout().rows(240, 420).map(({ section, row }) => [section.at, row]);
  assert.deepEqual(found, [[0, 1], [0, 2], [1, 0]]);
  assert.deepEqual(layout().rows(0, 40), []);
  assert.equal(layout().rows(0, 10_000).length, 6);
});

test("steps go through sections and stop at the ends", () => {
  const it = layout();
  assert.equal(it.step(9, { columns: 1 }), 10);
  assert.equal(it.step(0, { columns: -1 }), 0);
  assert.equal(it.step(5, { rows: 1 }), 9);
  assert.equal(it.step(7, { rows: 1 }), 9); // the last row is short
  assert.equal(it.step(9, { rows: 1 }), 11);
  assert.equal(it.step(11, { rows: 2 }), 18);
  assert.equal(it.step(11, { rows: -1 }), 9);
  assert.equal(it.step(3, { rows: 99 }), 19);
  assert.equal(it.step(3, { rows: -99 }), 0);
});

test("places in a box", () => {
  const it = layout();
  assert.deepEqual(it.within(60, 160, 1, 2), [1, 2, 5, 6]);
  assert.deepEqual(it.within(260, 410, 2, 3), [12]);
});

test("what is in the window comes first, then what is below, then what is above", () => {
  const places = [...new Set(placesByNearness(layout(), 360, 100))];
  assert.deepEqual(places, [10, 11, 12, 8, 9]);
});

test("no frame at all", () => {
  const none = new Layout({ counts: [], columns: 4, rowHeight: 90, gap: 10, head: 50 });
  assert.deepEqual([none.height, none.count, none.rows(0, 900)], [0, 0, []]);
});

test("what fits is scrolled as it is", () => {
  const map = new ScrollMap();
  map.resize(5000, 800);
  assert.equal(map.physical, 5000);
  assert.equal(map.moved(1234), 1234);
  assert.equal(map.goto(99_999), 4200);
});

test("what is too high: steps are exact, jumps in proportion, both ends are reached", () => {
  const map = new ScrollMap(1_000_000);
  map.resize(40_000_000, 800);
  assert.equal(map.physical, 1_000_000);
  assert.equal(map.moved(0), 0);
  assert.equal(map.moved(100), 100);
  const middle = map.moved(499_600);
  assert.ok(Math.abs(middle - 19_999_600) < 1000);
  assert.ok(Math.abs(map.moved(499_700) - middle - 100) < 1e-6);
  assert.equal(map.moved(map.range), 39_999_200);
  assert.equal(map.moved(map.range - 100), 39_999_100);
  for (const top of [0, 5, 150_000, 7_654_321, 39_900_000, 39_999_200]) {
    const scrolled = map.goto(top);
    assert.ok(scrolled >= 0 && scrolled <= map.range);
    assert.ok(Math.abs(map.moved(scrolled) - top) < 1e-6, `${top}`);
    const again = new ScrollMap(1_000_000);
    again.resize(40_000_000, 800);
    assert.ok(Math.abs(again.moved(scrolled) - top) < 70, `${top} by the bar`);
  }
});

test("folded sections have a heading and no rows, and steps pass them", () => {
  const sizes = { columns: 4, rowHeight: 90, gap: 10, head: 50 };
  const it = new Layout({ counts: [10, 3, 7], folded: [false, true, false], ...sizes });
  assert.deepEqual(it.sections.map(({ top }) => top), [0, 350, 400]);
  assert.deepEqual([it.count, it.lines], [20, 8]);
  assert.equal(it.step(9, { columns: 1 }), 13);
  assert.equal(it.step(13, { columns: -1 }), 9);
  assert.equal(it.step(9, { rows: 1 }), 14);
  assert.deepEqual(it.rows(355, 480).map(({ section }) => section.at), [2]);
  const all = new Layout({ counts: [10, 3], folded: [true, true], ...sizes });
  assert.equal(all.step(3, { columns: 1 }), 3);
  assert.equal(all.step(3, { rows: 1 }), 3);
});

test("a hidden section takes no room, and its frames keep their places", () => {
  const it = new Layout({
    counts: [0, 5, 0, 3], folded: [true, false, false, false], hidden: [false, true, false, false],
    columns: 2, rowHeight: 100, gap: 10, head: 40,
  });
  assert.deepEqual(it.sections.map(({ top }) => top), [0, 40, 40, 80]);
  assert.deepEqual(it.sections.map(({ line }) => line), [1, 2, 2, 3]);
  assert.equal(it.height, 80 + 40 + 2 * 110);
  assert.equal(it.sectionOf(6).at, 3);
  assert.equal(it.step(5, { columns: -1 }), 5);
  assert.deepEqual(it.between(0, 500).map(({ at }) => at), [0, 2, 3]);
});
