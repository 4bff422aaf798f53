import assert from "node:assert/strict";
import test from "node:test";
import { Choice } from "../../../selector/static/selector/workspace/choice.js";
import { LARGE, catalogOf, overlapping } from "./catalogs.mjs";
import { shortest } from "./timing.mjs";

const choose = (sizes = [40, 35]) => new Choice(catalogOf(sizes));
const frames = (...numbers) => numbers.map((frame) => ({ frame, task_id: 12 }));
const range = (from, to) => Array.from({ length: to - from }, (_, at) => from + at);

test("it works", () => {
  const choice = choose();
  choice.set(range(38, 43), true);
  assert.equal(choice.size, 5);
  assert.deepEqual([...choice.counts], [2, 3]);
  assert.deepEqual([...choice.selected()], [38, 39, 40, 41, 42]);
  choice.set([39], false);
  assert.equal(choice.has(39), false);
  choice.invert(range(0, 75));
  assert.equal(choice.size, 71);
  assert.deepEqual([...choice.counts], [39, 32]);
});

test("what was chosen and given up since is told", () => {
  const choice = choose();
  choice.set([1, 2, 50], true);
  const before = choice.remember();
  choice.set([2], false);
  choice.set([3, 60], true);
  assert.deepEqual(choice.since(before), { added: [3, 60], removed: [2] });
  assert.equal(choice.hasDrawOf(before), true);
  choice.take(frames(5), { draw: { random_seed: 7 } });
  assert.equal(choice.hasDrawOf(before), false);
});

test("every change is undone and redone", () => {
  const choice = choose();
  const draw = { random_seed: 7 };
  choice.set([1, 2, 3], true);
  choice.take(frames(5, 50), { draw });
  choice.set([6], true);
  choice.clear();
  assert.equal(choice.draw, null);
  choice.undo();
  assert.deepEqual([...choice.selected()], [5, 6, 50]);
  assert.equal(choice.draw, draw);
  choice.undo();
  choice.undo();
  assert.deepEqual([...choice.selected()], [1, 2, 3]);
  assert.equal(choice.draw, null);
  choice.redo();
  assert.deepEqual([...choice.selected()], [5, 50]);
  assert.deepEqual([...choice.counts], [1, 1]);
  choice.set([7], true);
  assert.equal(choice.canRedo, false);
  while (choice.canUndo) choice.undo();
  assert.equal(choice.size, 0);
});

test("the same is chosen again, by whatever way", () => {
  const choice = choose();
  choice.take(frames(1), { draw: { frame_count: 1, random_seed: 7 } });
  const saved = choice.remember();
  assert.ok(choice.is(saved));
  choice.set([2], true);
  assert.ok(!choice.is(saved));
  choice.undo();
  assert.ok(choice.is(saved));
  choice.set([2], true);
  choice.set([2], false);
  assert.ok(choice.is(saved));
  const same = [...choice.selected()];
  choice.clear();
  choice.set(same, true);
  assert.ok(!choice.is(saved), "these were not drawn");
  choice.take(frames(1), { draw: { random_seed: 7, frame_count: 1 } });
  assert.ok(choice.is(saved));
  choice.take(frames(1), { draw: { random_seed: 8, frame_count: 1 } });
  assert.ok(!choice.is(saved));
});

test("what changes nothing is no step and no event", () => {
  const choice = choose();
  let events = 0;
  choice.addEventListener("change", () => (events += 1));
  choice.set([], true);
  choice.set([3], false);
  choice.clear();
  assert.equal(events, 0);
  assert.equal(choice.canUndo, false);
});

test("take tells what is not there, and can keep", () => {
  const choice = choose();
  assert.deepEqual(choice.take(frames(3, 99)), frames(99));
  choice.take(frames(4), { keep: true });
  assert.deepEqual([...choice.selected()], [3, 4]);
});

test("counts stay right whatever is done", () => {
  const choice = choose([7, 0, 13, 40]);
  let seed = 5;
  const random = (below) => (seed = (seed * 16807) % 2147483647) % below;
  for (let turn = 0; turn < 2000; turn += 1) {
    const some = range(random(60), 60);
    [
      () => choice.set(some, true), () => choice.set(some, false), () => choice.invert(some),
      () => choice.undo(), () => choice.redo(), () => choice.take(frames(...some)), () => choice.clear(),
    ][random(7)]();
    const chosen = [...choice.selected()];
    assert.equal(choice.size, chosen.length);
    const counts = [0, 0, 0, 0];
    for (const index of chosen) counts[choice.catalog.jobAt[index]] += 1;
    assert.deepEqual([...choice.counts], counts);
  }
});

test("ten times the frames are not a hundred times the work", () => {
  const few = timesOf(LARGE.slice(0, LARGE.length / 10));
  for (const [name, many] of Object.entries(timesOf(LARGE))) {
    // Too short to be compared: far below what anybody would notice.
    assert.ok(many < 40 * Math.max(few[name], 0.05), `${name} took ${many} ms instead of ${few[name]}`);
  }
});

function timesOf(sizes) {
  const choice = choose(sizes);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const all = Uint32Array.from({ length: total }, (_, at) => at);
  const odd = [...all].filter((at) => at % 2);
  const drawn = frames(...odd);
  const work = {
    all: () => choice.set(all, true), invert: () => choice.invert(odd), undo: () => choice.undo(),
    redo: () => choice.redo(), take: () => choice.take(drawn), selected: () => choice.selected(),
    clear: () => choice.clear(),
  };
  return Object.fromEntries(Object.entries(work).map(([name, run]) => [name, shortest(run)]));
}

test("a shared frame counts in each of its jobs", () => {
  const choice = new Choice(overlapping());
  choice.set(range(7, 17), true);
  assert.deepEqual([...choice.counts], [3, 9, 1]);
  choice.invert([8, 16]);
  assert.deepEqual([...choice.counts], [2, 7, 0]);
});

test("a frame is of the job that a draw counts it for", () => {
  const choice = new Choice(overlapping());
  choice.take([{ frame: 8, job_id: 32 }, { frame: 9 }, { frame: 18, job_id: 99 }]);
  assert.deepEqual([8, 9, 18].map((index) => choice.frame(index).job_id), [32, 31, 33]);
});
