import assert from "node:assert/strict";
import test from "node:test";
import { Anchor } from "../../../selector/static/selector/workspace/anchor.js";
import { Choice } from "../../../selector/static/selector/workspace/choice.js";
import { Shown } from "../../../selector/static/selector/workspace/shown.js";
import { catalogOf } from "./catalogs.mjs";

function desk() {
  const choice = new Choice(catalogOf([40, 35]));
  const grid = { shown: new Shown(choice.catalog) };
  const filter = (words) => (grid.shown = new Shown(choice.catalog, { frame: { filename_contains: words } }));
  return { choice, grid, filter, anchor: new Anchor(grid, choice), chosen: () => [...choice.selected()] };
}

test("a range begins at the frame, wherever a filter has put it", () => {
  const { anchor, chosen, filter, grid } = desk();
  anchor.take(50);
  filter("5"); // 5, 15, 25, 35, 45, 50-59, 65
  anchor.take(grid.shown.placeOf[53], { ranged: true });
  assert.deepEqual(chosen(), [50, 51, 52, 53]);
});

test("one whose beginning is hidden takes just the one, and begins there", () => {
  const { anchor, chosen, filter, grid } = desk();
  anchor.take(2);
  filter("5");
  anchor.take(grid.shown.placeOf[52], { ranged: true });
  assert.deepEqual(chosen(), [2, 52]);
  anchor.take(grid.shown.placeOf[54], { ranged: true });
  assert.deepEqual(chosen(), [2, 52, 53, 54]);
});

test("a stretched range shrinks, through its beginning to the other side", () => {
  const { anchor, chosen } = desk();
  anchor.stretch(10, 11);
  anchor.stretch(11, 12);
  anchor.stretch(12, 13);
  anchor.stretch(13, 12);
  assert.deepEqual(chosen(), [10, 11, 12]);
  anchor.stretch(12, 8);
  assert.deepEqual(chosen(), [8, 9, 10]);
});

test("what was chosen before stays so when the range shrinks over it", () => {
  const { anchor, choice, chosen } = desk();
  choice.set([12, 30], true);
  anchor.stretch(10, 14);
  anchor.stretch(14, 10);
  assert.deepEqual(chosen(), [10, 12, 30]);
});

test("after anything else another range begins", () => {
  for (const between of [
    ({ anchor }) => anchor.put(13),
    ({ choice }) => choice.set([70], true),
    ({ filter }) => filter("cam"),
  ]) {
    const all = desk();
    all.anchor.stretch(10, 13);
    between(all);
    all.anchor.stretch(13, 12);
    assert.ok([10, 11, 12, 13].every((index) => all.choice.has(index)));
  }
});
