// What is chosen of what is there. Knows no page: it speaks by "change" events alone.
//
// Frames are meant by their place in the catalogue (an index), not by their frame number.

export class Choice extends EventTarget {
  /** @param {{images: object[], jobs: object[]}} catalog the answer of load-images */
  constructor({ images, jobs }) {
    super();
    this.frames = images;
    this.chosen = new Set();
    this.draw = null; // the draw that the choice came from, as the API wants to be told of it
    this.places = new Map(images.map(({ frame }, index) => [frame, index]));
    this.jobs = jobs.map((job) => ({ ...job, indices: [], count: 0 }));
    this.jobOf = new Map(this.jobs.map((job) => [job.id, job]));
    images.forEach(({ job_id }, index) => this.jobOf.get(job_id)?.indices.push(index));
    this.version = 0; // grows with every change: tells whether what was saved still holds
  }

  get size() {
    return this.chosen.size;
  }

  has(index) {
    return this.chosen.has(index);
  }

  /** Take the frames in or out. */
  set(indices, wanted) {
    for (const index of indices) this.#put(index, wanted);
    this.#changed();
  }

  invert(indices) {
    for (const index of indices) this.#put(index, !this.chosen.has(index));
    this.#changed();
  }

  clear() {
    this.draw = null;
    this.set([...this.chosen], false);
  }

  /** Take exactly these frame numbers. Answers those that the catalogue does not have. */
  replace(numbers, draw = null) {
    const missing = [];
    for (const index of [...this.chosen]) this.#put(index, false);
    for (const number of numbers) {
      const index = this.places.get(number);
      if (index === undefined) missing.push(number);
      else this.#put(index, true);
    }
    this.draw = draw;
    this.#changed();
    return missing;
  }

  /** The chosen frames in the order of the catalogue. */
  selected() {
    return [...this.chosen].sort((a, b) => a - b).map((index) => this.frames[index]);
  }

  #put(index, wanted) {
    if (this.chosen.has(index) === wanted) return;
    if (wanted) this.chosen.add(index);
    else this.chosen.delete(index);
    const job = this.jobOf.get(this.frames[index].job_id);
    if (job) job.count += wanted ? 1 : -1;
  }

  #changed() {
    this.version += 1;
    this.dispatchEvent(new Event("change"));
  }
}
