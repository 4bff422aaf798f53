import assert from "node:assert/strict";
import test from "node:test";
import { Catalog } from "../../../selector/static/selector/workspace/catalog.js";
import { Shown } from "../../../selector/static/selector/workspace/shown.js";
import { LARGE, catalogOf, document_of } from "./catalogs.mjs";
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

test("jobs whose frames lie scattered", () => {
  const document = document_of([2, 3]);
  document.frames.job = [0, 1, 1, 3, 0, 1];
  const catalog = new Catalog(document);
  assert.deepEqual(catalog.jobs.map(({ indices }) => [...indices]), [[0, 4], [1, 2, 3]]);
  assert.deepEqual([...new Shown(catalog).order], [0, 4, 1, 2, 3]);
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
  const found = new Shown(catalog, { words: " CAM 7 ", jobs: ({ id }) => id === 32 });
  assert.deepEqual([...found.order].map((index) => catalog.number[index]), [47, 57, 67, 70, 71, 72, 73, 74]);
  assert.equal(found.placeOf[47], 0);
  assert.equal(found.placeOf[7], -1);
  assert.equal(found.isWhole, false);
  assert.equal(new Shown(catalog, { words: "nothing" }).count, 0);
});

test("ten times the frames are not a hundred times the work", () => {
  const [few, many] = [LARGE.slice(0, LARGE.length / 10), LARGE].map((sizes) => {
    const document = document_of(sizes);
    return shortest(() => new Shown(new Catalog(document), { words: "99" }));
  });
  assert.ok(many < 40 * few, `${many} ms instead of ${few}`);
});
