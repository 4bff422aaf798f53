// The frames of a task in columns of numbers: 100,000 objects would cost 20 MB and a pause.
// The document it reads is written, and described, by selector/compact.py. Pure.

export class Catalog {
  constructor({ task, jobs, frames, version, deleted, honeypots, through_jobs: throughJobs }) {
    Object.assign(this, { task, version, deleted, honeypots, throughJobs });
    this.size = jobs.reduce((sum, job) => sum + job.frames_count, 0);
    this.number = expandRanges(frames.number, this.size);
    this.jobAt = expand(frames.job, 2, this.size)[0];
    [this.width, this.height] = expand(frames.size, 3, this.size);
    this.names = frames.name;
    this.aspect = aspectOf(this);
    this.jobs = jobs.map((job, at) => ({ ...job, at, indices: new Uint32Array(job.frames_count) }));
    const filled = new Uint32Array(jobs.length);
    this.jobAt.forEach((at, index) => (this.jobs[at].indices[filled[at]++] = index));
  }

  job(index) {
    return this.jobs[this.jobAt[index]];
  }

  name(index) {
    const { prefix, suffix, rest } = this.names;
    return `${prefix}${rest[index] ?? ""}${suffix}`;
  }

  /** The place of a task frame, -1 if it cannot be chosen. */
  find(number) {
    let [low, high] = [0, this.size - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.number[middle] === number) return middle;
      if (this.number[middle] < number) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** As the API writes a frame. */
  frame(index) {
    return {
      frame: this.number[index],
      task_id: this.task.id,
      job_id: this.job(index).id,
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
    this.small ??= Array.from({ length: this.size }, (_, at) => this.name(at).toLowerCase());
    return this.small[index];
  }
}

/** How wide the pictures are for their height: that of the most frames, within reason. */
function aspectOf({ size, width, height }) {
  const counts = new Map();
  for (let at = 0; at < size; at += 1) {
    const key = width[at] / height[at];
    if (key > 0 && key < Infinity) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [aspect] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [4 / 3];
  return Math.min(Math.max(aspect, 0.75), 2);
}

/** Runs of `width` numbers, the last being how often the others stand, as columns. */
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

function expandRanges(flat, size) {
  const numbers = new Uint32Array(size);
  let at = 0;
  for (let run = 0; run < flat.length; run += 2) {
    for (let step = 0; step < flat[run + 1]; step += 1) numbers[at++] = flat[run] + step;
  }
  return numbers;
}
