import assert from "node:assert/strict";
import test from "node:test";
import { Bits } from "../../../selector/static/selector/workspace/bitset.js";
import { JoinedLabels, mergedLabels } from "../../../selector/static/selector/workspace/joined_labels.js";

const label = (name, frames, more) => ({
  name, color: "#abc", frames_count: frames, objects_count: 2 * frames, sources: {}, attributes: [], ...more,
});
const colors = (...values) => [{ name: "color", values: values.map(([value, count]) => ({ value, count })) }];

test("labels of one name are one label", () => {
  const car = label("car", 3, { sources: { manual: 5, auto: 1 }, attributes: colors(["red", 2]) });
  const other = label("car", 4, { sources: { manual: 8 }, attributes: colors(["red", 1], ["blue", 7]) });
  assert.deepEqual(mergedLabels([car, label("dog", 1), other]), [
    label("car", 7, { sources: { manual: 13, auto: 1 }, attributes: colors(["red", 3], ["blue", 7]) }),
    label("dog", 1),
  ]);
});

/** Five tasks of 33 frames each, of which the index of the last is still being read. Every task has the
 * label “car” on its first `at + 1` frames, the second one “dog” on all. */
function five() {
  const size = 33;
  const runs = (at) => ({ car: at + 1, ...(at === 1 ? { dog: size } : {}) });
  const loaded = [0, 1, 2, 3, 4].map((at) => ({ offset: at * size, part: { at, size } }));
  const catalog = Object.assign(new EventTarget(), { loaded, tasks: loaded, size: 5 * size });
  const asked = [];
  const index = ({ at }) => {
    let sets = null;
    return Object.assign(new EventTarget(), {
      answer: { state: at === 4 ? "reading" : "ready" },
      loadSets: async () => {
        if (at === 4 || sets) return;
        asked.push(at);
        sets = new Map(Object.entries(runs(at)));
      },
      taken: (chosen) => sets && new Map([...sets].map(([name, end]) => [name, chosen.countBetween(0, end)])),
    });
  };
  return { labels: new JoinedLabels(/** @type {any} */ (catalog), /** @type {any} */ (index)), asked };
}

function chosenOf(...indices) {
  const chosen = new Bits(5 * 33);
  for (const index of indices) chosen.put(index, true);
  return chosen;
}

test("chosen frames are counted of every task that has some, whose jobs are read", async () => {
  const { labels, asked } = five();
  const chosen = chosenOf(0, 33, 35, 99, 102, 132);
  assert.equal(labels.taken(chosen), null); // nothing was asked yet
  await labels.loadSets(chosen);
  assert.deepEqual(asked, [0, 1, 3]);
  assert.deepEqual(Object.fromEntries(labels.taken(chosen)), { car: 1 + 1 + 2, dog: 2 });
  const more = chosenOf(0, 67);
  assert.equal(labels.taken(more), null); // the third task was not asked
  await labels.loadSets(more);
  assert.deepEqual(asked, [0, 1, 3, 2]);
  assert.deepEqual(Object.fromEntries(labels.taken(more)), { car: 2 });
});

test("a part of a set of frames is a set of its own", () => {
  const chosen = chosenOf(0, 31, 32, 33, 64, 65, 99, 164);
  const members = (bits) => {
    const found = [];
    bits.each((index) => found.push(index));
    return found;
  };
  assert.deepEqual(members(chosen.slice(0, 33)), [0, 31, 32]);
  assert.deepEqual(members(chosen.slice(33, 33)), [0, 31, 32]);
  assert.deepEqual(members(chosen.slice(132, 33)), [32]);
  assert.deepEqual(members(chosen.slice(64, 32)), [0, 1]);
});
