// The objects on the thumbnails of the grid and their number, switched on and off by a button. One
// path for each label: drawn fast, and sharp at every size of the thumbnails.

import { make } from "./cells.js";
import { remember, remembered } from "./memory.js";
import { COLOR, SVG } from "./svg.js";
import { plural } from "./words.js";

const MEMORY = "grid-objects"; // in this browser: "on", or nothing

export class GridOverlay {
  /** @param button the switch
   * @param catalog
   * @param {import("./outlines.js").Outlines} outlines */
  constructor(button, catalog, outlines) {
    this.button = button;
    this.catalog = catalog;
    this.outlines = outlines;
    this.isOn = remembered(MEMORY) === "on";
    button.setAttribute("aria-pressed", this.isOn);
    button.addEventListener("click", () => this.toggle());
    outlines.addEventListener("ready", ({ detail }) => this.#ready(detail));
  }

  /** Draw on the cells of this grid, and ask for the frames that it shows. */
  attach(grid) {
    this.grid = grid;
  }

  toggle() {
    this.isOn = !this.isOn;
    remember(MEMORY, this.isOn ? "on" : null);
    this.button.setAttribute("aria-pressed", this.isOn);
    // What is annotated may have changed in CVAT: switching off and on reads it again.
    if (!this.isOn) this.outlines.stop();
    for (const cell of this.grid.cells()) this.paint(cell);
    this.grid.ask();
  }

  /** The frames in view, as indices, the most important first. */
  want(indices) {
    if (this.isOn) this.outlines.want(Array.from(indices));
  }

  /** Draw what is known of the frame that the cell shows. */
  paint(cell) {
    const { index } = cell;
    const frame = this.isOn && index >= 0 ? this.outlines.of(index) : null;
    if (!frame && !cell.objects) return;
    cell.objects ??= overlayOf(cell);
    const { svg, count } = cell.objects;
    count.textContent = frame ? frame.objects_count.toLocaleString("en") : "";
    describe(cell, frame ? plural(frame.objects_count, "object") : "");
    const [width, height] = [this.catalog.width[index], this.catalog.height[index]];
    const outlines = frame && width && height ? frame.outlines : [];
    if (outlines.length) svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren(...paths(outlines, this.outlines.colors));
  }

  #ready(indices) {
    for (const cell of this.grid.cells()) if (indices.has(cell.index)) this.paint(cell);
  }
}

function overlayOf(cell) {
  const svg = document.createElementNS(SVG, "svg");
  svg.classList.add("outlines");
  svg.setAttribute("aria-hidden", "true");
  const count = make("span", "objects-count");
  count.setAttribute("aria-hidden", "true");
  cell.parts.picture.after(svg);
  cell.parts.peek.before(count);
  return { svg, count };
}

/** The number of objects is read after the name of the frame. */
function describe(cell, objects) {
  if (objects) cell.setAttribute("aria-description", objects);
  else cell.removeAttribute("aria-description");
}

/** A path for each label and kind. */
function paths(outlines, colors) {
  const parts = new Map();
  for (const { label_id: label, kind, points } of outlines) {
    const key = `${label} ${kind}`;
    if (!parts.has(key)) parts.set(key, { label, kind, d: [] });
    parts.get(key).d.push(kind === "dots" ? dotsOf(points) : lineOf(points, kind === "area"));
  }
  return [...parts.values()].map(({ label, kind, d }) => {
    const path = document.createElementNS(SVG, "path");
    path.classList.add(kind);
    path.setAttribute("d", d.join(""));
    const color = colors.get(label) ?? "";
    if (COLOR.test(color)) path.style.setProperty("--label", color);
    return path;
  });
}

function lineOf(points, isClosed) {
  return `M${points.join(" ")}${isClosed ? "z" : ""}`;
}

/** Lines without a length: their round ends are dots. */
function dotsOf(points) {
  return points.map((x, at) => (at % 2 ? "" : `M${x} ${points[at + 1]}h0`)).join("");
}
