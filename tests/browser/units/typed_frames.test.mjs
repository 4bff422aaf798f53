import assert from "node:assert/strict";
import test from "node:test";
import { Catalog } from "../../../selector/static/selector/workspace/catalog.js";
import { preview, Typed } from "../../../selector/static/selector/workspace/typed_frames.js";
import { catalogOf, document_of, LARGE } from "./catalogs.mjs";
import { shortest } from "./timing.mjs";

function named(names) {
  const document = document_of([names.length]);
  document.frames.name = { prefix: "", suffix: "", rest: names };
  return new Catalog(document);
}

/** As CVAT sorts them: 1, 10, 100, 101, ... */
const LEXICOGRAPHICAL = named(Array.from({ length: 120 }, (_, at) => `FKP/${at + 1}.jpg`).sort());
const reading = (catalog) => (text) => {
  const { indices, problems, ...counts } = new Typed(catalog).read(text);
  return { frames: [...indices], problems: problems.map(({ text: part, reason }) => `${part} ${reason}`), ...counts };
};

test("a range says which files it would take", () => {
  const typed = new Typed(LEXICOGRAPHICAL);
  assert.equal(
    preview(LEXICOGRAPHICAL, typed.read("0-9")),
    "10 frames: 0 FKP/1.jpg, 1 FKP/10.jpg, 2 FKP/100.jpg, …, 9 FKP/107.jpg.",
  );
  assert.equal(preview(LEXICOGRAPHICAL, typed.read("3 5")), "2 frames: 3 FKP/101.jpg, 5 FKP/103.jpg.");
  assert.equal(
    preview(LEXICOGRAPHICAL, typed.read("119-129")),
    "1 frame: 119 FKP/99.jpg. 10 numbers are not among the frames here.",
  );
  assert.equal(preview(LEXICOGRAPHICAL, typed.read("500")), "No frame. 1 number is not among the frames here.");
  assert.equal(preview(catalogOf([9], { names: false }), new Typed(catalogOf([9], { names: false })).read("1-4")), "4 frames: 1, 2, 3, 4.");
});

test("pasted names mean the same pictures in every order", () => {
  const natural = named(Array.from({ length: 120 }, (_, at) => `FKP/${at + 1}.jpg`));
  for (const catalog of [LEXICOGRAPHICAL, natural]) {
    for (const text of ["FKP/1.jpg, FKP/10.jpg, FKP/9.jpg", "FKP/1.jpg\r\nFKP/10.jpg\n\nFKP/9.jpg\n", "1.jpg;10.jpg\t9.jpg"]) {
      const { frames, problems } = reading(catalog)(text);
      assert.deepEqual(frames.map((index) => catalog.name(index)).sort(), ["FKP/1.jpg", "FKP/10.jpg", "FKP/9.jpg"], text);
      assert.deepEqual(problems, []);
    }
  }
});

test("whole paths first, then names that one frame has; others are told", () => {
  const read = reading(named(["a/1.jpg", "b/1.jpg", "1.jpg", "b/2.jpg", "a, b.jpg", "with space/c  d.jpg", "007"]));
  assert.deepEqual(read("1.jpg").frames, [2]);
  assert.deepEqual(read("2.jpg"), { frames: [3], problems: [], absent: 0, loose: 1 });
  assert.deepEqual(read("a, b.jpg\nwith space/c  d.jpg").frames, [4, 5]);
  assert.deepEqual(read("b\\2.jpg, ./a/1.jpg, \"b/1.jpg\"").frames, [0, 1, 3]);
  assert.deepEqual(read("x/1.jpg\nnone.jpg\n2.jpg").problems, [
    "x/1.jpg could mean frame 0, a/1.jpg, or frame 1, b/1.jpg, or 1 more",
    "none.jpg is the name of no frame here",
  ]);
  assert.deepEqual(read("5 0-1, 2.jpg").frames, [0, 1, 3, 5]);
  assert.deepEqual(read("9-0, 3").problems, ["9-0 ends before it begins"]);
  assert.deepEqual(read("  \n ,").frames, []);
});

test("too much is refused, and much is read in time", () => {
  assert.throws(() => reading(catalogOf([3]))("1\n".repeat(100_001)), /More than 100,000/);
  const paste = (sizes, times) => {
    const catalog = catalogOf(sizes);
    const text = Array.from({ length: catalog.size }, (_, index) => catalog.name(index)).join("\n");
    return shortest(() => assert.equal(reading(catalog)(text).frames.length, catalog.size), times);
  };
  const [few, many] = [paste(LARGE.slice(0, 10)), paste(LARGE, 3)];
  assert.ok(many < 40 * few, `${many} ms instead of ${few}`);
});
