// The SVG elements that show an object of /api/jobs/{id}/annotations. Coordinates are pixels of the
// picture. Pure.

/** Where a picture is drawn on a stage, as the scale and the place of its upper left corner, when it
 * fits into the stage and is then zoomed and moved about the middle of the stage.
 * @param {{width: number, height: number}} stage
 * @param {{width: number, height: number}} picture
 * @param {{scale: number, x: number, y: number}} zoom */
export function placement(stage, picture, zoom) {
  const fitting = Math.min(stage.width / picture.width, stage.height / picture.height);
  const scale = fitting * zoom.scale;
  return {
    scale,
    x: stage.width / 2 + zoom.x - (picture.width * scale) / 2,
    y: stage.height / 2 + zoom.y - (picture.height * scale) / 2,
  };
}

/** The elements of an object, each {name, kind, ...attributes}; `kind` is "area", "line", "dots" or
 * "mask". None for a tag and for what cannot be drawn.
 * @param options `edges`: pairs of label ids that the lines of a skeleton join; `picture`: its width
 * and height, where a mask is cut */
export function elementsOf(object, { edges = [], picture }) {
  return ELEMENTS[object.type]?.(object, { edges, picture }) ?? [];
}

/** Objects from below to above: by z_order, then the smaller ones above, so that each can be pointed
 * at. */
export function inOrder(objects) {
  const keyed = objects.map((object) => ({ object, area: areaOf(object) }));
  keyed.sort((a, b) => a.object.z_order - b.object.z_order || b.area - a.area);
  return keyed.map(({ object }) => object);
}

const ELEMENTS = {
  rectangle: ({ points: [x1, y1, x2, y2], rotation }) => [
    {
      name: "rect",
      kind: "area",
      x: Math.min(x1, x2),
      y: Math.min(y1, y2),
      width: Math.abs(x2 - x1),
      height: Math.abs(y2 - y1),
      ...turned(rotation, (x1 + x2) / 2, (y1 + y2) / 2),
    },
  ],
  ellipse: ({ points: [x, y, right, top], rotation }) => [
    {
      name: "ellipse",
      kind: "area",
      cx: x,
      cy: y,
      rx: Math.abs(right - x),
      ry: Math.abs(y - top),
      ...turned(rotation, x, y),
    },
  ],
  polygon: ({ points }) => [{ name: "polygon", kind: "area", points: points.join(" ") }],
  polyline: ({ points }) => [{ name: "polyline", kind: "line", points: points.join(" ") }],
  points: ({ points }) => [dots(pairs(points))],
  cuboid: ({ points }) => cuboid(pairs(points)),
  mask: ({ points }, { picture }) => [{ name: "path", kind: "mask", d: maskPath(points, picture) }],
  skeleton: ({ elements }, { edges }) => skeleton(elements, edges),
};

/** A closed path for each stretch of pixels of a mask; `points` are the lengths of its runs, row by
 * row, the first of the background, and its box (left, top, right, bottom). */
export function maskPath(points, { width, height }) {
  const [left, top, right, bottom] = points.slice(-4);
  const across = right - left + 1;
  const end = across * (Math.min(bottom + 1, height) - top);
  const parts = [];
  /** A block of whole rows, or a part of one. */
  const add = (from, columns, rows) => {
    const [x, y] = [left + (from % across), top + Math.floor(from / across)];
    const visible = Math.min(columns, width - x);
    if (visible > 0) parts.push(`M${x} ${y}h${visible}v${rows}h${-visible}z`);
  };
  let at = 0;
  points.slice(0, -4).forEach((length, index) => {
    let [from, rest] = [at, index % 2 ? Math.min(length, end - at) : 0];
    at += length;
    while (rest > 0) {
      const begins = from % across;
      const rows = begins === 0 ? Math.floor(rest / across) : 0;
      const taken = rows ? rows * across : Math.min(rest, across - begins);
      add(from, rows ? across : taken, rows || 1);
      from += taken;
      rest -= taken;
    }
  });
  return parts.join("");
}

/** Eight corners: the vertical edges one after the other, around the body. */
function cuboid(corners) {
  const face = (...at) => `M${at.map((number) => corners[number].join(" ")).join("L")}z`;
  const front = face(0, 1, 3, 2);
  return [
    { name: "path", kind: "area", d: front },
    { name: "path", kind: "line", d: `${face(4, 5, 7, 6)}${face(0, 1, 7, 6)}${face(2, 3, 5, 4)}` },
  ];
}

/** Points that are outside are not shown, nor the lines to them. */
function skeleton(elements, edges) {
  const at = new Map(elements.filter((each) => !each.outside).map((each) => [each.label_id, each.points]));
  const lines = edges.filter((edge) => edge.every((id) => at.has(id)));
  const parts = [dots([...at.values()])];
  if (lines.length) {
    const d = lines.map(([from, to]) => `M${at.get(from).join(" ")}L${at.get(to).join(" ")}`).join("");
    parts.unshift({ name: "path", kind: "line", d });
  }
  return parts;
}

/** Lines without a length: their round ends are dots whose size does not depend on the zoom. */
function dots(places) {
  return { name: "path", kind: "dots", d: places.map(([x, y]) => `M${x} ${y}h0`).join("") };
}

function pairs(numbers) {
  return Array.from({ length: numbers.length >> 1 }, (_, at) => numbers.slice(2 * at, 2 * at + 2));
}

function turned(rotation, x, y) {
  return rotation ? { transform: `rotate(${rotation} ${x} ${y})` } : {};
}

/** The area of the box around an object. */
function areaOf({ type, points, elements }) {
  if (type === "ellipse") return 4 * Math.abs((points[2] - points[0]) * (points[1] - points[3]));
  const numbers = type === "mask" ? points.slice(-4) : points.length ? points : elements.flatMap((each) => each.points);
  return extent(numbers, 0) * extent(numbers, 1);
}

function extent(numbers, axis) {
  let [least, most] = [Infinity, -Infinity];
  for (let at = axis; at < numbers.length; at += 2) {
    least = Math.min(least, numbers[at]);
    most = Math.max(most, numbers[at]);
  }
  return most > least ? most - least : 0;
}
