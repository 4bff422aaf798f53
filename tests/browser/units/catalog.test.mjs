import assert from "node:assert/strict";
import test from "node:test";
import { Catalog } from "../../../selector/static/selector/workspace/catalog.js";
import { Bits } from "../../../selector/static/selector/workspace/bitset.js";
import { Shown } from "../../../selector/static/selector/workspace/shown.js";
import { LARGE, catalogOf, document_of, overlapping } from "./catalogs.mjs";
import { shortest } from "./timing.mjs";

test("frames are read from their columns", () => {
  const catalog = catalogOf([40, 35]);
  assert.equal(catalog.size, 75);
  assert.deepEqual(catalog.frame(41), {
    frame: 41, task_id: 12, job_id: 32, filename: "cam/41.jpg", width: 1920, height: 1080,
  });
  assert.equal(catalog.link(41), "http://cvat.example.com/tasks/12/jobs/32?frame=41");
  assert.equal(catalog.chunk(39), 3);
  assert.equal(catalog.chunk(40), 0);
});

test("numbers with gaps", () => {
  const document = document_of([5]);
  document.frames.number = [0, 2, 7, 3];
  const catalog = new Catalog(document);
  assert.deepEqual([...catalog.number], [0, 1, 7, 8, 9]);
  assert.equal(catalog.find(8), 3);
  assert.equal(catalog.find(3), -1);
  assert.equal(catalog.find(99), -1);
});

test("a list-type ground-truth job holds only the frames that name it", () => {
  const document = document_of([5, 5]);
  document.jobs[1] = { ...document.jobs[1], start: 0, stop: 4, recompresses: true };
  document.frames.number = [0, 5];
  document.frames.job = [0, 1, 1, 3, 0, 1];
  const catalog = new Catalog(document);
  assert.deepEqual(catalog.jobs.map(({ indices }) => [...indices]), [[0, 1, 2, 3, 4], [1, 2, 3]]);
  assert.deepEqual(catalog.sharing(catalog.jobs[0]), []);
});

test("overlapping jobs hold the frames of their ranges, whichever comes first", () => {
  const catalog = overlapping();
  assert.deepEqual(catalog.jobs.map(({ indices }) => [indices[0], indices.length]), [[0, 10], [8, 10], [16, 4]]);
  assert.deepEqual([...catalog.jobAt].map((at) => at), [...Array(10).fill(0), ...Array(8).fill(1), 2, 2]);
  const held = (index) => {
    const found = [];
    catalog.eachJob(index, (at) => found.push(at));
    return found;
  };
  assert.deepEqual([0, 8, 10, 16, 19].map(held), [[0], [0, 1], [1], [1, 2], [2]]);
  const sharing = (at) => catalog.sharing(catalog.jobs[at]).map(({ job, count }) => [job.at, count]);
  assert.deepEqual([0, 1, 2].map(sharing), [[[1, 2]], [[0, 2], [2, 2]], [[1, 2]]]);
});

test("what is shared with a long job before a short one", () => {
  const catalog = overlapping([[0, 99], [10, 19], [30, 39]]);
  const sharing = (at) => catalog.sharing(catalog.jobs[at]).map(({ job, count }) => [job.at, count]);
  assert.deepEqual([0, 1, 2].map(sharing), [[[1, 10], [2, 10]], [[0, 10]], [[0, 10]]]);
});

test("a shared frame is shown once, under the first job that is shown", () => {
  const catalog = overlapping();
  const all = new Shown(catalog);
  assert.equal(all.isWhole, true);
  assert.deepEqual([...all.order], Array.from({ length: 20 }, (_, at) => at));
  assert.deepEqual(all.sections.map(({ count, above }) => [count, above]), [[10, 0], [8, 2], [2, 2]]);
  assert.deepEqual(all.sections.map((section) => all.range(section)), ["frames 0–9", "frames 10–17", "frames 18–19"]);
  assert.deepEqual([...all.of(catalog.jobs[1])], [8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
  const second = new Shown(catalog, { jobs: ({ at }) => at === 1 });
  assert.deepEqual([...second.order], [8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
  const named = new Shown(catalog, { frame: { filename_contains: "9" } });
  assert.deepEqual([...named.of(catalog.jobs[1])], [9]);
  assert.equal(named.range(named.sections[0]), "1 of frames 0–9");
});

test("a job inside its neighbour has a heading and its frames", () => {
  const catalog = overlapping([[0, 19], [15, 19]]);
  const shown = new Shown(catalog);
  assert.deepEqual(shown.sections.map(({ count, above }) => [count, above]), [[20, 0], [0, 5]]);
  assert.deepEqual([...shown.of(catalog.jobs[1])], [15, 16, 17, 18, 19]);
});

test("videos have no names", () => {
  assert.equal(catalogOf([3], { names: false }).name(2), "");
});

test("the aspect is that of most frames, within reason", () => {
  assert.equal(catalogOf([3]).aspect, 1920 / 1080);
  const document = document_of([3]);
  document.frames.size = [0, 0, 1, 100, 1000, 2];
  assert.equal(new Catalog(document).aspect, 0.75);
});

test("shown: by words and by jobs", () => {
  const catalog = catalogOf([40, 35]);
  const found = new Shown(catalog, { frame: { filename_contains: " CAM 7 " }, jobs: ({ id }) => id === 32 });
  assert.deepEqual([...found.order].map((index) => catalog.number[index]), [47, 57, 67, 70, 71, 72, 73, 74]);
  assert.equal(found.placeOf[47], 0);
  assert.equal(found.placeOf[7], -1);
  assert.equal(found.isWhole, false);
  assert.equal(new Shown(catalog, { frame: { filename_contains: "nothing" } }).count, 0);
});

test("ten times the frames are not a hundred times the work", () => {
  const [few, many] = [LARGE.slice(0, LARGE.length / 10), LARGE].map((sizes) => {
    const document = document_of(sizes);
    return shortest(() => new Shown(new Catalog(document), { frame: { filename_contains: "99" } }));
  });
  assert.ok(many < 40 * few, `${many} ms instead of ${few}`);
});

test("a filter by annotations shows the frames that are like that, and says of how many", () => {
  const catalog = overlapping();
  const frames = new Bits(catalog.size);
  for (const index of [1, 3]) frames.put(index, true);
  const shown = new Shown(catalog, { frames });
  assert.deepEqual([...shown.order], [1, 3]);
  assert.equal(shown.range(shown.sections[0]), "2 of frames 0–9");
  assert.equal(new Shown(catalog, { frames: new Bits(catalog.size) }).count, 0);
});

test("bits are counted, and those in both found", () => {
  const [one, other] = [new Bits(100), new Bits(100)];
  for (const index of [0, 31, 32, 99]) one.put(index, true);
  for (const index of [31, 50, 99]) other.put(index, true);
  const both = [];
  one.and(other).each((index) => both.push(index));
  assert.deepEqual(both, [31, 99]);
  assert.deepEqual([one.size, other.size, one.and(other).size], [4, 3, 2]);
});
