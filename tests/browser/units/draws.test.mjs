import assert from "node:assert/strict";
import test from "node:test";
import { Choice } from "../../../selector/static/selector/workspace/choice.js";
import { Draws } from "../../../selector/static/selector/workspace/draws.js";
import { catalogOf } from "./catalogs.mjs";

const FACTS = { manner: "per job", seed: 7, amount: 2, frames: [1, 2, 50, 51].map((frame) => ({ frame, task_id: 12 })) };

function drawn() {
  const choice = new Choice(catalogOf([40, 35]));
  const draws = new Draws(choice);
  const draw = { random_seed: 7 };
  draws.note(draw, FACTS);
  choice.take(FACTS.frames, { draw });
  return { choice, draws };
}

test("only what is alike goes on with a draw", () => {
  const { draws } = drawn();
  assert.equal(draws.before({ manner: "per job", seed: 7 }), FACTS);
  assert.equal(draws.before({ manner: "over all", seed: 7 }), null);
  for (const seed of [8, "", "7x"]) assert.equal(draws.before({ manner: "per job", seed }), null);
});

test("and only while the choice stems from it", () => {
  const { choice, draws } = drawn();
  const before = () => draws.before(FACTS);
  choice.set([3], true);
  assert.equal(before(), FACTS);
  choice.clear();
  assert.equal(before(), null);
  choice.undo();
  assert.equal(before(), FACTS);
  while (choice.canUndo) choice.undo();
  assert.equal(before(), null);
});

test("what was taken out by hand is refused", () => {
  const { choice, draws } = drawn();
  assert.equal(draws.refused().length, 0);
  choice.set([2, 50], false);
  assert.deepEqual(draws.refused().map(({ frame }) => frame), [2, 50]);
  choice.clear();
  assert.equal(draws.refused().length, 0);
});
