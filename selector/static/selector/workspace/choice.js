// The chosen frames of the catalogue, with undo. Independent of the page: emits "change" events.
//
// Frames are named by their index in the catalogue, not by their frame number. Every change is one
// step: the bits that differ, which also undo it.

import { Bits } from "./bitset.js";
import { appended } from "./columns.js";

const MOST_STEPS = 200;

export class Choice extends EventTarget {
  #bits;
  #done = [];
  #undone = [];

  /** @param {import("./joined_catalog.js").AnyCatalog} catalog */
  constructor(catalog) {
    super();
    this.catalog = catalog;
    this.#bits = new Bits(catalog.size);
    this.size = 0;
    this.counts = new Uint32Array(catalog.jobs.length); // chosen, by place of the job; shared
    // frames count in each of their jobs
    this.jobAt = catalog.jobAt.slice(); // for which job a frame counts, where several hold it
    this.draw = null; // the draw the choice came from, as the API wants to be told of it
    catalog.addEventListener("added", () => this.#grow());
  }

  has(index) {
    return this.#bits.has(index);
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** Which are chosen, as they are now. */
  copy() {
    return this.#bits.copy();
  }

  /** Take the frames in or out.
   * @param {boolean | ((index: number) => boolean)} wanted the same for all, or asked for each */
  set(indices, wanted) {
    const isWanted = typeof wanted === "function" ? wanted : () => wanted;
    this.#change((bits) => {
      for (const index of indices) bits.put(index, isWanted(index));
    });
  }

  invert(indices) {
    this.#change((bits) => {
      for (const index of indices) bits.put(index, !bits.has(index));
    });
  }

  clear() {
    this.#change((bits) => bits.words.fill(0), null);
  }

  /** Take exactly these frames, or these beside what is chosen. Answers those that the catalogue does
   * not have.
   * @param {{frame: number, task_id?: number, job_id?: number}[]} frames as the API writes them;
   *   `job_id` is the job for which the frame counts */
  take(frames, { draw = null, keep = false } = {}) {
    const missing = [];
    const places = new Map(this.catalog.jobs.map(({ id, at }) => [id, at]));
    this.#change((bits) => {
      if (!keep) bits.words.fill(0);
      for (const each of frames) {
        const index = this.catalog.find(each.frame, each.task_id);
        if (index < 0) {
          missing.push(each);
          continue;
        }
        this.jobAt[index] = places.get(each.job_id) ?? this.jobAt[index];
        bits.put(index, true);
      }
    }, draw);
    return missing;
  }

  /** As the API writes a frame, of the job for which it counts. */
  frame(index) {
    return this.catalog.frame(index, this.catalog.jobs[this.jobAt[index]]);
  }

  undo() {
    this.#travel(this.#done, this.#undone);
  }

  redo() {
    this.#travel(this.#undone, this.#done);
  }

  /** The chosen frames, as indices in the order of the grid. */
  selected() {
    const indices = new Uint32Array(this.size);
    let at = 0;
    this.#bits.each((index) => (indices[at++] = index));
    return this.catalog.inOrder(indices);
  }

  /** How many of the indices from `first` to before `end` are chosen. */
  countBetween(first, end) {
    return this.#bits.countBetween(first, end);
  }

  /** What is chosen now, for `is` to compare with later. */
  remember() {
    return { bits: this.#bits.copy(), draw: this.draw };
  }

  /** Whether just that is chosen, drawn in the same way, whatever happened in between. */
  is({ bits, draw }) {
    return this.#bits.equals(bits) && isSameDraw(this.draw, draw);
  }

  /** Whether the choice came from the same draw as one remembered before, or from none as that. */
  hasDrawOf({ draw }) {
    return isSameDraw(this.draw, draw);
  }

  /** What is chosen beside a choice remembered before, and what of that is not chosen any more.
   * @returns {{added: number[], removed: number[]}} indices */
  since({ bits }) {
    const changes = { added: [], removed: [] };
    const before = bits.grown(this.catalog.size);
    this.#bits.xor(before).each((index) => (before.has(index) ? changes.removed : changes.added).push(index));
    return changes;
  }

  /** The catalogue has another task: its frames follow those that were there. */
  #grow() {
    const { catalog } = this;
    this.#bits = this.#bits.grown(catalog.size);
    this.counts = appended(this.counts, new Uint32Array(catalog.jobs.length - this.counts.length));
    this.jobAt = appended(this.jobAt, catalog.jobAt.subarray(this.jobAt.length));
  }

  #change(work, draw = this.draw) {
    const after = this.#bits.copy();
    work(after);
    const difference = after.xor(this.#bits);
    if (difference.isEmpty() && draw === this.draw) return;
    const step = { difference, from: this.draw, to: draw };
    this.#done.push(step);
    if (this.#done.length > MOST_STEPS) this.#done.shift();
    this.#undone = [];
    this.#apply(difference, step.to);
  }

  #travel(from, to) {
    const step = from.pop();
    if (!step) return;
    to.push(step);
    this.#apply(step.difference, from === this.#done ? step.from : step.to);
  }

  #apply(difference, draw) {
    difference.each((index) => {
      const wanted = !this.#bits.has(index);
      const one = wanted ? 1 : -1;
      this.#bits.put(index, wanted);
      this.catalog.eachJob(index, (at) => (this.counts[at] += one));
      this.size += one;
    });
    this.draw = draw;
    this.dispatchEvent(new Event("change"));
  }
}

function isSameDraw(one, other) {
  return one === other || plain(one) === plain(other);
}

/** The same text for the same draw, whatever the order of its keys. */
function plain(draw) {
  return JSON.stringify(Object.entries(draw ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}
