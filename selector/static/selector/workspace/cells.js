// The elements of the grid's frames and rows. They are recycled: `paint` makes an element show
// another frame.

const SAID = { broken: "Broken picture", missing: "No picture", failed: "Not loaded" };

let rowsMade = 0;

export function makeRow(columns) {
  const row = make("div", "line");
  row.setAttribute("role", "row");
  rowsMade += 1;
  row.id = `line-${rowsMade}`;
  row.cells = Array.from({ length: columns }, (_, column) => makeCell(column));
  row.append(...row.cells);
  return row;
}

function makeCell(column) {
  const cell = make("div", "cell");
  cell.setAttribute("role", "gridcell");
  cell.setAttribute("aria-colindex", column + 1);
  cell.tabIndex = -1;
  const frame = make("div", "thumb");
  const picture = make("img");
  picture.alt = "";
  picture.decoding = "async";
  picture.draggable = false;
  picture.addEventListener("load", () => cell.classList.add("loaded"));
  picture.addEventListener("error", () => said(cell, picture.src ? "broken" : ""));
  const mark = make("span", "mark");
  const peek = make("button", "peek");
  peek.type = "button";
  peek.tabIndex = -1;
  const words = make("span", "said small");
  frame.append(picture, words, mark, peek);
  const number = make("b");
  const name = make("span", "cell-name");
  const text = make("bdi");
  text.dir = "ltr";
  name.append(text);
  const facts = make("span", "cell-facts");
  const caption = make("div", "caption");
  caption.append(number, name, facts);
  cell.append(frame, caption);
  cell.parts = { picture, words, number, text, facts, peek };
  cell.index = null; // shows nothing yet, not even that it is empty
  return cell;
}

/** Show a frame, or nothing (-1): the places after the last frame of a job stay empty. */
export function paint(cell, index, catalog) {
  if (cell.index === index) return;
  cell.index = index;
  cell.hidden = index < 0;
  clearPicture(cell);
  if (index < 0) return;
  const { number, text, facts, peek } = cell.parts;
  const frame = catalog.number[index];
  const name = catalog.name(index);
  const [width, height] = [catalog.width[index], catalog.height[index]];
  number.textContent = frame;
  text.textContent = name;
  facts.textContent = width && height ? `${width}×${height}` : "";
  cell.title = name;
  cell.dataset.frame = frame;
  cell.setAttribute("aria-label", name ? `Frame ${frame}, ${name}` : `Frame ${frame}`);
  peek.setAttribute("aria-label", `Large view of frame ${frame}`);
}

export function mark(cell, { chosen, banded, active }) {
  cell.setAttribute("aria-selected", chosen);
  cell.classList.toggle("banded", banded);
  cell.tabIndex = active ? 0 : -1;
}

/** @param picture of Packs; null until it is loaded */
export function show(cell, picture) {
  if (!picture) return;
  const { picture: image } = cell.parts;
  if (picture.url) {
    if (cell.shows === picture.url) return;
    cell.shows = picture.url;
    said(cell, "");
    image.src = picture.url;
  } else {
    said(cell, picture.status);
  }
}

function clearPicture(cell) {
  cell.shows = null;
  cell.classList.remove("loaded");
  cell.parts.picture.removeAttribute("src");
  said(cell, "");
}

function said(cell, status) {
  cell.classList.toggle("wrong", status !== "");
  cell.parts.words.textContent = SAID[status] ?? "";
}

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
