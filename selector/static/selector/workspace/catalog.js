// The frames of a task in columns of numbers: 100,000 objects would cost 20 MB and a pause.
// selector/catalog_document.py writes and describes the document that it reads. Pure.

/** Of one task, which is there as a whole. JoinedCatalog answers the same questions for several. */
export class Catalog extends EventTarget {
  #reach = null;
  #lowered = null;

  constructor({ task, jobs, frames, version, deleted, honeypots, through_jobs: throughJobs, other_jobs: otherJobs = [], ...more }) {
    super();
    this.task = task;
    this.version = version;
    this.deleted = deleted;
    this.honeypots = honeypots;
    this.throughJobs = throughJobs;
    this.otherJobs = otherJobs;
    this.notOffered = { deleted: more.deleted_frames ?? [], honeypot: more.honeypot_frames ?? [] };
    this.size = lengthOf(frames.number);
    this.number = expandRanges(frames.number, this.size);
    this.jobAt = expand(frames.job, 2, this.size)[0];
    const [width, height] = expand(frames.size, 3, this.size);
    this.width = width;
    this.height = height;
    this.names = frames.name;
    this.aspect = aspectOf(this);
    const all = Uint32Array.from({ length: this.size }, (_, index) => index);
    this.jobs = jobs.map((job, at) => ({ ...job, at, indices: this.#held(job, at, all) }));
  }

  /** How many frames there are, loaded or not. */
  get total() {
    return this.size;
  }

  /** Whether all of them are loaded. */
  get isWhole() {
    return true;
  }

  /** The tasks beyond that of a frame that are not loaded. Their type is not imported: the module of
   * JoinedCatalog imports this one, and static files cannot be named after a circle of modules.
   * @returns {any[]} */
  unloadedFrom() {
    return [];
  }

  /** The jobs by task, in the order of the grid. A task of null has no heading. */
  get groups() {
    return [{ task: null, jobs: this.jobs }];
  }

  /** The catalogue of the frame's task. */
  partOf = /** @type {(index: number) => Catalog} */ (() => this);

  /** The catalogue of the job's task. */
  partOfJob = /** @type {(jobId: number) => Catalog} */ (() => this);

  /** What to say of the frame's task; "" as there is only one. */
  taskWords = /** @type {(index: number) => string} */ (() => "");

  /** The indices, ascending, in the order of the grid. */
  inOrder(indices) {
    return indices;
  }

  /** The first job that holds the frame. */
  job(index) {
    return this.jobs[this.jobAt[index]];
  }

  /** Call back with the place of each job that holds the frame, in the order of the jobs. */
  eachJob(index, visit) {
    const number = this.number[index];
    for (let at = this.jobAt[index]; at < this.jobs.length; at += 1) {
      const { start, stop, recompresses } = this.jobs[at];
      if (start > number) break; // jobs are in the order of their first frames
      if (at === this.jobAt[index] || (stop >= number && !recompresses)) visit(at);
    }
  }

  /** The jobs that hold frames of this one too: [{job, count}]. */
  sharing(job) {
    const sharing = [];
    const add = (other) => {
      const count = job.recompresses || other.recompresses ? 0 : common(job.indices, other.indices);
      if (count > 0) sharing.push({ job: other, count });
    };
    this.#reach ??= reachOf(this.jobs);
    let at = job.at;
    while (at > 0 && this.#reach[at - 1] >= job.start) at -= 1;
    for (; at < this.jobs.length && this.jobs[at].start <= job.stop; at += 1) {
      if (at !== job.at) add(this.jobs[at]);
    }
    return sharing;
  }

  /** `within` for each task. */
  spans(first, last) {
    return [this.within(first, last)];
  }

  /** The indices of the frames numbered first to last: [from, to), as the catalogue has them. */
  within(first, last) {
    return [this.#atLeast(first), this.#atLeast(last + 1)];
  }

  name(index) {
    const { prefix, suffix, rest } = this.names;
    return `${prefix}${rest[index] ?? ""}${suffix}`;
  }

  /** The index of a task frame, -1 if it cannot be chosen. */
  find(number, taskId = this.task.id) {
    const index = this.#atLeast(number);
    return this.number[index] === number && taskId === this.task.id ? index : -1;
  }

  /** Why a task frame cannot be chosen: "deleted", "honeypot"; undefined if there is none. */
  leftOut(number, taskId = this.task.id) {
    if (taskId !== this.task.id) return undefined;
    return Object.keys(this.notOffered).find((reason) => isIn(this.notOffered[reason], number));
  }

  /** As the API writes a frame, of one of the jobs that hold it. */
  frame(index, job = this.job(index)) {
    return {
      frame: this.number[index],
      task_id: this.task.id,
      job_id: job.id,
      filename: this.name(index),
      width: this.width[index],
      height: this.height[index],
    };
  }

  /** The frame's page in CVAT. */
  link(index) {
    return `${this.job(index).cvat_url}?frame=${this.number[index]}`;
  }

  /** Which pack of thumbnails holds the frame. */
  chunk(index) {
    const { start, chunk_size: size } = this.job(index);
    return Math.floor((this.number[index] - start) / (size || 1));
  }

  /** In small letters, for the filter; made when it is first used. */
  lowered(index) {
    this.#lowered ??= Array.from({ length: this.size }, (_, at) => this.name(at).toLowerCase());
    return this.#lowered[index];
  }

  /** The frames of a job: of its range, or of a list-type ground-truth job those that name it. */
  #held({ start, stop, recompresses }, at, all) {
    const inRange = all.subarray(...this.within(start, stop));
    return recompresses ? inRange.filter((index) => this.jobAt[index] === at) : inRange;
  }

  /** The index of the first frame with this number or a larger one. */
  #atLeast(number) {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.number[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How many indices two lists without gaps have in common. */
function common(one, other) {
  if (!one.length || !other.length) return 0;
  return Math.min(one.at(-1), other.at(-1)) - Math.max(one[0], other[0]) + 1;
}

/** For each job, the largest last frame among it and the jobs before it. */
function reachOf(jobs) {
  let reach = -1;
  return jobs.map(({ stop }) => (reach = Math.max(reach, stop)));
}

function lengthOf(ranges) {
  let length = 0;
  for (let run = 1; run < ranges.length; run += 2) length += ranges[run];
  return length;
}

/** The most frequent ratio of width to height, within bounds. */
function aspectOf({ size, width, height }) {
  const counts = new Map();
  for (let at = 0; at < size; at += 1) {
    const key = width[at] / height[at];
    if (key > 0 && key < Infinity) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [aspect] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [4 / 3];
  return Math.min(Math.max(aspect, 0.75), 2);
}

/** Expands runs of `width` numbers, of which the last is the run length, into columns. */
function expand(flat, width, size) {
  const columns = Array.from({ length: width - 1 }, () => new Uint32Array(size));
  let at = 0;
  for (let run = 0; run < flat.length; run += width) {
    const end = at + flat[run + width - 1];
    columns.forEach((column, which) => column.fill(flat[run + which], at, end));
    at = end;
  }
  return columns;
}

/** @param {number[]} flat [first, count, ...] */
function isIn(flat, number) {
  for (let run = 0; run < flat.length; run += 2) {
    if (number >= flat[run] && number < flat[run] + flat[run + 1]) return true;
  }
  return false;
}

function expandRanges(flat, size) {
  const numbers = new Uint32Array(size);
  let at = 0;
  for (let run = 0; run < flat.length; run += 2) {
    for (let step = 0; step < flat[run + 1]; step += 1) numbers[at++] = flat[run] + step;
  }
  return numbers;
}
