import assert from "node:assert/strict";
import test from "node:test";
import {
  elementsOf,
  inOrder,
  maskPath,
  placement,
} from "../../../selector/static/selector/workspace/object_shapes.js";

const picture = { width: 100, height: 50 };
const drawn = (object, edges) => elementsOf({ rotation: 0, elements: [], ...object }, { edges, picture });

test("a rectangle, turned about its middle, with its corners in any order", () => {
  assert.deepEqual(drawn({ type: "rectangle", points: [10, 5, 30, 15] }), [
    { name: "rect", kind: "area", x: 10, y: 5, width: 20, height: 10 },
  ]);
  const [turned] = drawn({ type: "rectangle", points: [30, 15, 10, 5], rotation: 30 });
  assert.deepEqual(
    [turned.x, turned.y, turned.width, turned.height, turned.transform],
    [10, 5, 20, 10, "rotate(30 20 10)"],
  );
});

test("an ellipse from its centre, right and top", () => {
  const [ellipse] = drawn({ type: "ellipse", points: [40, 20, 55, 12], rotation: 90 });
  assert.deepEqual(
    [ellipse.cx, ellipse.cy, ellipse.rx, ellipse.ry, ellipse.transform],
    [40, 20, 15, 8, "rotate(90 40 20)"],
  );
});

test("points, lines and areas", () => {
  assert.deepEqual(drawn({ type: "points", points: [1, 2, 3, 4] }), [
    { name: "path", kind: "dots", d: "M1 2h0M3 4h0" },
  ]);
  assert.equal(drawn({ type: "polyline", points: [1, 2, 3, 4] })[0].points, "1 2 3 4");
  assert.equal(drawn({ type: "polygon", points: [1, 2, 3, 4, 5, 6] })[0].kind, "area");
  assert.deepEqual(drawn({ type: "tag", points: [] }), []);
  assert.deepEqual(drawn({ type: "of tomorrow", points: [1] }), []);
});

test("a cuboid: its front, and the faces behind", () => {
  // Upper and lower corners around the body: front left, front right, back right, back left.
  const points = [0, 10, 0, 30, 20, 10, 20, 30, 28, 4, 28, 24, 8, 4, 8, 24];
  const [front, rest] = drawn({ type: "cuboid", points });
  assert.equal(front.d, "M0 10L0 30L20 30L20 10z");
  assert.equal(
    rest.d,
    "M28 4L28 24L8 24L8 4zM0 10L0 30L8 24L8 4zM20 10L20 30L28 24L28 4z",
  );
});

test("a skeleton: lines between the points that are not outside", () => {
  const elements = [
    { label_id: 7, points: [1, 2], outside: false },
    { label_id: 8, points: [3, 4], outside: false },
    { label_id: 9, points: [5, 6], outside: true },
  ];
  const edges = [[7, 8], [8, 9], [7, 99]];
  const [lines, dots] = drawn({ type: "skeleton", points: [], elements }, edges);
  assert.equal(lines.d, "M1 2L3 4");
  assert.equal(dots.d, "M1 2h0M3 4h0");
  assert.equal(drawn({ type: "skeleton", points: [], elements }, []).length, 1);
});

/** The pixels that a path of a mask fills, as rows of text. */
function pixels(d, { width, height }) {
  const rows = Array.from({ length: height }, () => Array(width).fill("."));
  for (const [, x, y, across, down] of d.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h-\d+z/g)) {
    for (let row = Number(y); row < Number(y) + Number(down); row += 1) {
      for (let at = Number(x); at < Number(x) + Number(across); at += 1) {
        assert.equal(rows[row][at], ".", "a pixel is filled twice");
        rows[row][at] = "#";
      }
    }
  }
  return rows.map((row) => row.join(""));
}

test("a mask: runs row by row, the first of the background", () => {
  // A box of 3x2 at 2,1: background 0, then 2 on, 2 off, 2 on.
  assert.deepEqual(pixels(maskPath([0, 2, 2, 2, 2, 1, 4, 2], { width: 6, height: 4 }), { width: 6, height: 4 }), [
    "......",
    "..##..",
    "...##.",
    "......",
  ]);
});

test("a mask whose runs go over rows", () => {
  const box = { width: 4, height: 4 };
  assert.deepEqual(pixels(maskPath([1, 13, 2, 0, 0, 3, 3], box), box), [".###", "####", "####", "##.."]);
  assert.deepEqual(pixels(maskPath([0, 16, 0, 0, 3, 3], box), box), ["####", "####", "####", "####"]);
});

test("a mask that does not fit the picture is cut, whatever its runs say", () => {
  const box = { width: 3, height: 2 };
  assert.deepEqual(pixels(maskPath([0, 1e12, 1, 1, 4, 1e9], box), box), ["...", ".##"]);
  assert.equal(maskPath([0, 4, 0, 0, -1, -1], box), "");
  assert.equal(maskPath([5, 0, 0, 1, 1], box), "");
});

test("objects are ordered by z_order, then the smaller ones are above", () => {
  const box = (id, z, size) => ({ id, type: "rectangle", z_order: z, points: [0, 0, size, size], elements: [] });
  const dot = { id: 4, type: "points", z_order: 0, points: [5, 5], elements: [] };
  const found = inOrder([dot, box(1, 0, 5), box(2, 1, 50), box(3, 0, 20)]);
  assert.deepEqual(found.map(({ id }) => id), [3, 1, 4, 2]);
});

test("a drawing lies where the picture is, fitting and zoomed", () => {
  const stage = { width: 400, height: 100 };
  assert.deepEqual(placement(stage, picture, { scale: 1, x: 0, y: 0 }), { scale: 2, x: 100, y: 0 });
  const zoomed = placement(stage, picture, { scale: 3, x: 10, y: -20 });
  assert.deepEqual(zoomed, { scale: 6, x: -90, y: -120 });
});
