// The grid: only the rows in the window are in the page, and they are recycled while one scrolls.
// Layout knows where each frame lies, Choice which ones are chosen.

import { makeRow, mark, paint, show } from "./cells.js";
import { Heads } from "./job_headings.js";
import { Layout, nearestShown, placesByNearness } from "./layout.js";
import { Packs } from "./packs.js";
import { ScrollMap } from "./scroll_map.js";

const OVERSCAN = 300; // pixels above and below the window
const REST = 90; // ms without scrolling until what is seen is asked for
const LONGEST_REST = 250; // while it goes on
const REM = parseFloat(getComputedStyle(document.documentElement).fontSize); // as the person reads
const [GAP, CAPTION, LIST_ROW, HEAD] = [8, ...[30, 52, 46].map((high) => (high * REM) / 16)];

export class Grid extends EventTarget {
  /** @param scroller @param root
   * @param {Record<string, any>} parts `tasks`: the headings of tasks, where there are several */
  constructor(scroller, root, { choice, packs, overlay, onlyUrl, tasks = null }) {
    super();
    this.scroller = scroller;
    this.root = root;
    this.choice = choice;
    this.packs = packs;
    this.overlay = overlay;
    overlay.attach(this);
    this.catalog = choice.catalog;
    this.folded = new Set(); // jobs and tasks of which only the heading is shown
    this.tasks = tasks;
    this.heads = new Heads(root, {
      choice,
      onlyUrl,
      tasks,
      folded: this.folded,
      fold: (job, isFolded) => this.fold([job], isFolded),
    });
    tasks?.attach(this);
    this.map = new ScrollMap();
    this.size = 168;
    this.isList = false;
    this.active = 0; // the place that the keyboard is at
    this.band = new Set(); // places under the rubber band
    this.rows = new Map();
    this.spare = [];
    this.top = 0;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    scroller.addEventListener("scrollend", () => this.#settle());
    new ResizeObserver(() => this.#resized()).observe(scroller);
    choice.addEventListener("change", () => this.refresh());
    packs.addEventListener("ready", ({ detail }) => this.#paintPack(detail));
  }

  /** Keeps what was at the top there, and remembers it until one scrolls: a filter leads back. */
  show(shown) {
    const index = this.shown?.order[this.active];
    const held = this.held ?? this.#firstSeen();
    this.shown = shown;
    this.active = Math.max(0, shown.placeOf[index] ?? 0);
    const giveFocus = this.heads.holdFocus();
    this.heads.show(shown);
    this.arrange({ held: held && this.#near(held) });
    giveFocus();
    this.held = held;
  }

  setSize(size, isList) {
    this.size = size;
    this.isList = isList;
    this.arrange();
  }

  /** Lay everything out anew and keep what was at the top there.
   * @param {{held?: {place: number, below: number}}} [options] */
  arrange({ held = this.#firstSeen() } = {}) {
    if (!this.shown || !this.scroller.clientWidth) return;
    const width = this.root.clientWidth;
    const columns = this.isList ? 1 : this.#columns(width);
    const cellWidth = (width - GAP * (columns - 1)) / columns;
    const rowHeight = this.isList ? LIST_ROW : Math.round(cellWidth / this.catalog.aspect) + CAPTION;
    const gap = this.isList ? 4 : GAP;
    const hadFocus = document.activeElement?.matches("#grid .cell");
    const counts = this.shown.sections.map(({ count }) => count);
    const folded = this.shown.sections.map(({ job }) => this.folded.has(job));
    const hidden = this.shown.sections.map(({ job, task }) => job !== null && this.folded.has(task));
    this.layout = new Layout({ counts, folded, hidden, columns, rowHeight, gap, head: HEAD });
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.spare = [];
    this.root.classList.toggle("list", this.isList);
    this.root.style.setProperty("--columns", columns);
    this.root.style.setProperty("--row", `${rowHeight}px`);
    this.root.setAttribute("aria-rowcount", this.layout.lines);
    this.root.setAttribute("aria-colcount", columns);
    this.map.resize(this.layout.height, this.scroller.clientHeight);
    this.root.style.height = `${this.map.physical}px`;
    this.arrangedFor = `${width} ${this.scroller.clientHeight}`;
    this.#scrollTo(held ? this.#topOf(held.place) + held.below : this.top);
    if (hadFocus && this.layout.count) this.cellAt(this.active)?.focus({ preventScroll: true });
  }

  /** Small pictures stand at least two abreast, also on a phone. */
  #columns(width) {
    return Math.max(this.size < 260 ? 2 : 1, Math.floor((width + GAP) / (this.size + GAP)));
  }

  #resized() {
    const size = `${this.root.clientWidth} ${this.scroller.clientHeight}`;
    if (size !== this.arrangedFor) this.arrange();
  }

  /** Show only the headings of these jobs and tasks, or their frames again. Which frames are shown, and
   * so what "Select all" takes, stays as it is. */
  fold(jobs, isFolded) {
    for (const job of jobs) {
      if (isFolded) this.folded.add(job);
      else this.folded.delete(job);
    }
    const at = this.layout.sectionAt(this.top)?.at;
    this.arrange({ held: null });
    this.heads.refresh();
    // A job that is folded while its frames fill the window leaves its heading there.
    if (at !== undefined) this.#scrollTo(Math.min(this.top, this.layout.sections[at].top));
    this.dispatchEvent(new Event("fold"));
  }

  /** Bring a frame into the window; with `focus` the keyboard too. A folded job is unfolded. */
  goto(index, { focus = true, flash = false, middle = false } = {}) {
    const place = this.shown.placeOf[index] ?? -1;
    if (place < 0) return;
    this.held = null;
    const { job, task } = this.shown.sections[this.layout.sectionOf(place).at];
    const closed = [job, task].filter((each) => this.folded.has(each));
    if (closed.length) this.fold(closed, false);
    const { section, row } = this.layout.cellOf(place);
    const y = this.layout.rowTop(section, row);
    const room = this.scroller.clientHeight;
    const { rowHeight } = this.layout;
    if (middle) this.#scrollTo(y - (room - rowHeight) / 2);
    else if (y - HEAD < this.top) this.#scrollTo(y - HEAD - 4);
    else if (y + rowHeight > this.top + room) this.#scrollTo(y + rowHeight - room + 8);
    this.#activate(place);
    const cell = this.cellAt(place);
    if (focus) cell?.focus({ preventScroll: true });
    if (flash && cell) {
      cell.classList.add("flash");
      setTimeout(() => cell.classList.remove("flash"), 2500);
    }
  }

  gotoJob(job) {
    this.#gotoSection((section) => section.job === job);
  }

  gotoTask(task) {
    this.#gotoSection((section) => section.job === null && section.task === task);
  }

  #gotoSection(isWanted) {
    const at = this.shown.sections.findIndex(isWanted);
    if (at < 0) return;
    const { task, job } = this.shown.sections[at];
    if (job && this.folded.has(task)) this.fold([task], false);
    this.held = null;
    this.#scrollTo(this.layout.sections[at].top);
  }

  cellAt(place) {
    const { section, row, column } = this.layout.cellOf(place);
    return this.rows.get(rowKey(section, row))?.cells[column];
  }

  /** The section at the top of the window, and the first frame there; -1 if that is folded.
   * @returns {{section: object, index: number} | null} null without any */
  topmost() {
    if (!this.layout?.sections.length) return null;
    const [first] = this.layout.rows(this.top + HEAD, this.top + this.scroller.clientHeight);
    if (!first) return { section: this.shown.sections[this.layout.sectionAt(this.top).at], index: -1 };
    const [place] = this.layout.placesOf(first.section, first.row);
    return { section: this.shown.sections[first.section.at], index: this.shown.order[place] };
  }

  /** What the packs say of a frame. */
  pictureOf(index) {
    return this.packs.picture(this.#keyOf(index), this.catalog.number[index]);
  }

  /** The first and the last column that touch left to right; null if none does. */
  columnsBetween(left, right) {
    const { columns } = this.layout;
    const pitch = (this.root.clientWidth + GAP) / columns;
    const first = Math.max(0, Math.floor((left + GAP) / pitch));
    const last = Math.min(columns - 1, Math.floor(right / pitch));
    return first <= last ? [first, last] : null;
  }

  setBand(places) {
    this.band = new Set(places);
    this.refresh();
  }

  /** Scroll by hand of the rubber band. */
  nudge(by) {
    this.scroller.scrollTop += by;
  }

  /** The cells that show a frame. */
  *cells() {
    for (const row of this.rows.values()) yield* row.cells.filter(({ index }) => index >= 0);
  }

  /** Load what the window shows. */
  ask() {
    if (!this.layout) return;
    this.askedAt = performance.now();
    const touching = this.layout.between(this.top, this.top + this.scroller.clientHeight);
    this.tasks?.look(touching.map(({ at }) => this.shown.sections[at]));
    if (!this.layout.count) return;
    const places = placesByNearness(this.layout, this.top, this.scroller.clientHeight);
    const indices = places.map((place) => this.shown.order[place]);
    this.packs.want([...new Set(indices.map((index) => this.#keyOf(index)))]);
    this.overlay.want(indices);
  }

  refresh() {
    for (const cell of this.cells()) this.#mark(cell);
    this.heads.refresh();
  }

  #scrolled() {
    const top = this.map.moved(this.scroller.scrollTop);
    const isByHand = Math.abs(top - this.top) >= 1;
    if (isByHand) this.held = null;
    this.top = top;
    if (isByHand) this.dispatchEvent(new Event("scroll"));
    this.#soon();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.#rested(), REST);
    if (performance.now() - (this.askedAt ?? 0) > LONGEST_REST) this.ask();
  }

  #soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#render();
    });
  }

  #rested() {
    this.ask();
    if (!("onscrollend" in window)) this.#settle();
    const lanes = this.heads.ids();
    const lines = [...this.rows.values()].sort((a, b) => a.line - b.line);
    const owned = lines.flatMap((row) => {
      const lane = lanes.get(row.section);
      lanes.delete(row.section);
      return lane ? [lane, row.id] : [row.id];
    });
    this.root.setAttribute("aria-owns", owned.join(" "));
  }

  /** Put a grid that is too high back in proportion; not earlier, for that would end the scrolling
   * that is still under way. */
  #settle() {
    if (!this.layout || this.map.physical === this.layout.height) return;
    this.scroller.scrollTop = this.map.goto(this.top);
    this.#render();
  }

  #scrollTo(top) {
    this.scroller.scrollTop = this.map.goto(top);
    this.top = Math.min(Math.max(top, 0), this.map.whole);
    this.#render();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.#rested(), 0);
  }

  #render() {
    if (!this.layout) return;
    const [from, to] = [this.top - OVERSCAN, this.top + this.scroller.clientHeight + OVERSCAN];
    this.heads.render(this.layout, from, to, this.map.shift);
    const wanted = this.layout.rows(from, to);
    if (this.layout.count && this.layout.sectionOf(this.active).rows) {
      const active = this.layout.cellOf(this.active); // its row stays, so that focus stays
      wanted.push({ section: active.section, row: active.row });
    }
    const keys = new Set(wanted.map(({ section, row }) => rowKey(section, row)));
    for (const [key, row] of this.rows) {
      if (keys.has(key)) continue;
      this.rows.delete(key);
      this.spare.push(row);
    }
    for (const { section, row } of wanted) this.#place(section, row);
    for (const row of this.spare) row.hidden = true;
  }

  #place(section, at) {
    const key = rowKey(section, at);
    let row = this.rows.get(key);
    const isNew = !row;
    if (isNew) {
      row = this.spare.pop() ?? makeRow(this.layout.columns);
      if (!row.isConnected) this.root.append(row);
      row.hidden = false;
      row.section = section.at;
      row.line = section.line + 1 + at;
      row.setAttribute("aria-rowindex", row.line);
      this.rows.set(key, row);
    }
    row.style.transform = `translateY(${this.layout.rowTop(section, at) - this.map.shift}px)`;
    if (!isNew) return;
    const [first, end] = this.layout.placesOf(section, at);
    row.cells.forEach((cell, column) => {
      const place = first + column;
      cell.place = place < end ? place : -1;
      paint(cell, place < end ? this.shown.order[place] : -1, this.catalog);
      this.#mark(cell);
      if (place < end) show(cell, this.pictureOf(cell.index));
      this.overlay.paint(cell);
    });
  }

  #mark(cell) {
    if (cell.index < 0) return;
    mark(cell, {
      chosen: this.choice.has(cell.index),
      banded: this.band.has(cell.place),
      active: cell.place === this.active,
    });
  }

  #activate(place) {
    const before = this.cellAt(this.active);
    this.active = place;
    this.#render();
    for (const cell of [before, this.cellAt(place)]) if (cell) this.#mark(cell);
  }

  #paintPack(key) {
    for (const cell of this.cells()) {
      if (this.#keyOf(cell.index) === key) show(cell, this.pictureOf(cell.index));
    }
  }

  #keyOf(index) {
    return Packs.key(this.catalog.job(index).id, this.catalog.chunk(index));
  }

  /** Where it is now, or else the next that is shown. */
  #near({ index, below }) {
    const { placeOf } = this.shown;
    const near = nearestShown(placeOf, index);
    return near < 0 ? null : { place: placeOf[near], below: near === index ? below : -HEAD };
  }

  #firstSeen() {
    if (!this.layout?.count) return null;
    const [first] = this.layout.rows(this.top + HEAD, this.top + this.scroller.clientHeight);
    if (!first || this.top < HEAD) return null;
    const [place] = this.layout.placesOf(first.section, first.row);
    return { place, index: this.shown.order[place], below: this.top - this.#topOf(place) };
  }

  #topOf(place) {
    const { section, row } = this.layout.cellOf(place);
    return this.layout.rowTop(section, row);
  }
}

function rowKey(section, row) {
  return `${section.at}:${row}`;
}
