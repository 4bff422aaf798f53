// Several tasks as one catalogue: what is loaded later never moves what is there.

import assert from "node:assert/strict";
import test from "node:test";
import { Choice } from "../../../selector/static/selector/workspace/choice.js";
import { JoinedCatalog } from "../../../selector/static/selector/workspace/joined_catalog.js";
import { Shown } from "../../../selector/static/selector/workspace/shown.js";
import { Typed } from "../../../selector/static/selector/workspace/typed_frames.js";
import { document_of } from "./catalogs.mjs";

/** Of a task: its frames are numbered from 0, its jobs from ten times its id. */
function documentOf(id, sizes) {
  const document = document_of(sizes);
  document.task = { ...document.task, id, name: `Task ${id}` };
  document.jobs = document.jobs.map((job, at) => ({ ...job, id: 10 * id + at }));
  document.frames.name.prefix = `task${id}/`;
  return document;
}

const SIZES = { 1: [4, 3], 2: [5], 3: [2, 2] };

/** The tasks 1, 2 and 3, of which these are loaded, in this order. */
function joined(...loaded) {
  const catalog = new JoinedCatalog([1, 2, 3].map((id) => ({ id, name: `Task ${id}`, size: 8 })));
  const add = (id) => catalog.add(catalog.task(id), documentOf(id, SIZES[id]));
  loaded.forEach(add);
  return { catalog, add };
}

const place = (catalog, index) => [catalog.partOf(index).task.id, catalog.number[index]];

test("the tasks beyond a frame that are not loaded, the nearest first", () => {
  const { catalog, add } = joined(2);
  const ids = (index, side) => catalog.unloadedFrom(index, side).map(({ id }) => id);
  assert.deepEqual([ids(0, 1), ids(0, -1)], [[3], [1]]);
  add(1);
  assert.deepEqual([ids(0, -1), ids(5, 1)], [[], [3]]);
  catalog.task(3).error = new Error("CVAT is away");
  assert.deepEqual(ids(5, 1), []);
});

test("a task that is not loaded counts with the size that CVAT says", () => {
  const { catalog, add } = joined();
  assert.deepEqual([catalog.size, catalog.total, catalog.isWhole], [0, 24, false]);
  add(2);
  assert.deepEqual([catalog.size, catalog.total], [5, 21]);
  add(1);
  add(3);
  assert.deepEqual([catalog.size, catalog.total, catalog.isWhole], [16, 16, true]);
});

test("an index leads to the frame of its task", () => {
  const { catalog } = joined(3, 1);
  const index = catalog.find(5, 1);
  assert.deepEqual(place(catalog, index), [1, 5]);
  assert.equal(catalog.name(index), "task1/5.jpg");
  assert.equal(catalog.job(index).id, 11);
  assert.deepEqual(catalog.frame(index), {
    frame: 5, task_id: 1, job_id: 11, filename: "task1/5.jpg", width: 1920, height: 1080,
  });
  assert.equal(catalog.find(5, 2), -1, "not loaded");
  assert.equal(catalog.find(5, 9), -1, "not open");
  assert.equal(catalog.taskWords(index), "Task 1 (task 1)");
  assert.deepEqual([...catalog.jobs.find(({ id }) => id === 11).indices].map((each) => catalog.number[each]), [4, 5, 6]);
});

test("the choice stays when other tasks come", () => {
  const { catalog, add } = joined(3);
  const choice = new Choice(catalog);
  choice.set([0, 3], true);
  const saved = choice.remember();
  add(1);
  add(2);
  assert.ok(choice.is(saved));
  assert.deepEqual(choice.take([{ task_id: 2, frame: 4, job_id: 20 }, { task_id: 2, frame: 99 }], { keep: true }), [
    { task_id: 2, frame: 99 },
  ]);
  const chosen = () => Array.from(choice.selected(), (index) => place(catalog, index));
  assert.deepEqual(chosen(), [[2, 4], [3, 0], [3, 3]], "in the order of the tasks");
  assert.deepEqual(Array.from(choice.counts), [1, 1, 0, 0, 1]);
  const { offset } = catalog.task(3);
  assert.equal(choice.countBetween(offset, offset + 4), 2);
  choice.undo();
  assert.ok(choice.is(saved));
  choice.undo();
  assert.equal(choice.size, 0);
  choice.redo();
  assert.deepEqual(chosen(), [[3, 0], [3, 3]]);
});

test("the grid has the tasks in their order, each with a heading", () => {
  const { catalog } = joined(3, 1);
  const shown = new Shown(catalog);
  const sections = shown.sections.map(({ task, job, count }) => [task.id, job?.id ?? null, count]);
  assert.deepEqual(sections, [[1, null, 0], [1, 10, 4], [1, 11, 3], [2, null, 0], [3, null, 0], [3, 30, 2], [3, 31, 2]]);
  const [first] = shown.sections;
  assert.equal(first.frames, 7);
  assert.deepEqual(Array.from(shown.ofTask(first), (index) => place(catalog, index)[0]), Array(7).fill(1));
  assert.deepEqual(place(catalog, shown.order[7]), [3, 0]);
});

test("a filter leaves the headings of the tasks", () => {
  const { catalog } = joined(3, 1);
  const shown = new Shown(catalog, { frame: { filename_contains: "task1/5" } });
  assert.deepEqual(shown.sections.map(({ task, job }) => [task.id, job?.id ?? null]), [[1, null], [1, 11], [2, null], [3, null]]);
  assert.equal(shown.count, 1);
});

test("typed numbers are of each task, or of one", () => {
  const { catalog } = joined(3, 1);
  const places = (typed, text) => [...typed.read(text).indices].map((index) => place(catalog, index));
  assert.deepEqual(places(new Typed(catalog), "0-1"), [[3, 0], [3, 1], [1, 0], [1, 1]]);
  const ofOne = new Typed(catalog, (index) => catalog.partOf(index).task.id === 1);
  assert.deepEqual(places(ofOne, "0-1"), [[1, 0], [1, 1]]);
  assert.equal(new Typed(catalog).read("5").absent, 0);
  assert.deepEqual(places(ofOne, "task1/6.jpg"), [[1, 6]]);
  assert.equal(new Typed(catalog).read("1.jpg").problems.length, 1, "in two tasks");
  assert.deepEqual(places(ofOne, "1.jpg"), [[1, 1]]);
});
