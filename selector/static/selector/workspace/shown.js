// The frames that the grid shows, in order: by task and job, filtered by job, name and annotations; a
// frame of several jobs once, under the first shown one. Of several tasks each has a section of its own
// before those of its jobs, for its heading. Pure.

import { likePattern } from "./filename_pattern.js";
import { frameRange } from "./words.js";

/** What a frame must be like, in the words of the API.
 * @typedef {{filename_contains?: string, filename_pattern?: string, first_frame?: number,
 *   last_frame?: number}} FrameCondition */

export class Shown {
  /** @param catalog
   * @param {{frame?: FrameCondition, jobs?: (job: object) => boolean,
   *   frames?: import("./bitset.js").Bits | null, hasEmpty?: boolean}} filter
   *   `frames`: only these; `hasEmpty`: whether a task of which no frame is shown has its heading nevertheless */
  constructor(catalog, { frame = {}, jobs = () => true, frames = null, hasEmpty = true } = {}) {
    this.catalog = catalog;
    this.isWhole = true;
    const isLike = testOf(catalog, frame);
    this.hasGaps = isLike !== null || frames !== null;
    this.sections = [];
    this.order = new Uint32Array(catalog.size); // place -> index
    this.placeOf = new Int32Array(catalog.size).fill(-1); // index -> place
    let place = 0;
    for (const { task, jobs: all } of catalog.groups) {
      const heading = { task, job: null, first: place, count: 0, above: 0, frames: 0 };
      const headingAt = this.sections.length;
      if (task) this.sections.push(heading);
      for (const job of all.filter(jobs)) {
        const first = place;
        let above = 0; // frames of the job that stand under another job already
        for (const index of job.indices) {
          if (this.placeOf[index] >= 0) above += 1;
          else if ((!frames || frames.has(index)) && (!isLike || isLike(index))) {
            this.placeOf[index] = place;
            this.order[place++] = index;
          }
        }
        if (place > first || above) this.sections.push({ task, job, first, count: place - first, above });
      }
      heading.frames = place - heading.first;
      if (!heading.frames && !hasEmpty) this.sections.length = headingAt;
    }
    this.order = this.order.subarray(0, place);
    this.isWhole = place === catalog.size;
  }

  get count() {
    return this.order.length;
  }

  /** The indices of what is shown of a job, also under other jobs that hold the same frames. */
  of(job) {
    return job.indices.filter((index) => this.placeOf[index] >= 0);
  }

  /** The indices of what is shown of a task. */
  ofTask({ first, frames }) {
    return this.order.subarray(first, first + frames);
  }

  /** "frames 140–184", of what stands under the heading of a section; "12 of frames 0–999" where
   * names or annotations leave others out. */
  range({ job, first, count }) {
    const { number } = this.catalog;
    if (this.hasGaps) return `${count.toLocaleString("en")} of ${frameRange(job.start, job.stop)}`;
    return frameRange(number[this.order[first]], number[this.order[first + count - 1]]);
  }
}

/** A test of a frame by its index; null where every frame passes.
 * @param catalog
 * @param {FrameCondition} condition
 * @returns {null | ((index: number) => boolean)} */
function testOf(catalog, { filename_contains: words = "", filename_pattern: pattern = "", first_frame: first, last_frame: last }) {
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const tests = [];
  for (const word of wanted) tests.push((index) => catalog.lowered(index).includes(word));
  if (pattern) {
    const isLike = likePattern(pattern);
    tests.push((index) => isLike(catalog.lowered(index)));
  }
  if (first !== undefined) tests.push((index) => catalog.number[index] >= first);
  if (last !== undefined) tests.push((index) => catalog.number[index] <= last);
  // One test needs no list around it, which would be gone through for each of 100,000 frames.
  return tests.length > 1 ? (index) => tests.every((test) => test(index)) : tests[0] ?? null;
}
