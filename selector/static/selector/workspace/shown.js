// Which frames the grid shows, and in which order: by job, of the jobs and names asked for. Pure.

export class Shown {
  /** @param {{words?: string, jobs?: (job: object) => boolean}} filter */
  constructor(catalog, { words = "", jobs = () => true } = {}) {
    this.catalog = catalog;
    this.isWhole = true;
    const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
    this.sections = [];
    this.order = new Uint32Array(catalog.size); // place -> index
    this.placeOf = new Int32Array(catalog.size).fill(-1); // index -> place
    let place = 0;
    for (const job of catalog.jobs) {
      const first = place;
      if (jobs(job)) {
        for (const index of job.indices) {
          if (wanted.length && !matches(catalog, index, wanted)) continue;
          this.placeOf[index] = place;
          this.order[place++] = index;
        }
      }
      if (place > first) this.sections.push({ job, first, count: place - first });
    }
    this.order = this.order.subarray(0, place);
    this.isWhole = place === catalog.size;
  }

  get count() {
    return this.order.length;
  }

  /** The indices of a section. */
  of({ first, count }) {
    return this.order.subarray(first, first + count);
  }
}

function matches(catalog, index, wanted) {
  const name = catalog.lowered(index);
  return wanted.every((word) => name.includes(word));
}
