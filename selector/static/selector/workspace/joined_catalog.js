// The frames of several tasks, which are loaded one after the other: those of each follow those that
// are there, so that an index once given remains. Pure.

import { appended } from "./columns.js";
import { Catalog } from "./catalog.js";

/** @typedef {Catalog | JoinedCatalog} AnyCatalog */

/** @typedef {{id: number, name: string, size: number, at: number, part: Catalog | null,
 *   error: Error | null, offset: number, firstJob: number, jobs: object[]}} JoinedTask
 *   one of the tasks, in the order of the page; `part` is null until it is loaded, `error` is why it
 *   could not be */

export class JoinedCatalog extends EventTarget {
  #loaded = /** @type {JoinedTask[]} */ ([]); // by ascending offset
  #byId;
  #byJob = new Map();

  /** @param {{id: number, name: string, size: number}[]} tasks */
  constructor(tasks) {
    super();
    this.tasks = tasks.map((task, at) => ({ ...task, at, part: null, error: null, offset: 0, firstJob: 0, jobs: [] }));
    this.#byId = new Map(this.tasks.map((task) => [task.id, task]));
    this.size = 0;
    this.jobs = [];
    this.number = new Uint32Array(0);
    this.jobAt = new Uint32Array(0);
    this.width = new Uint32Array(0);
    this.height = new Uint32Array(0);
    this.aspect = 16 / 9;
  }

  /** @returns {JoinedTask | undefined} */
  task(id) {
    return this.#byId.get(id);
  }

  /** Add the frames of a task, and tell it by an "added" event. */
  add(task, document) {
    const part = new Catalog(document);
    const [offset, firstJob] = [this.size, this.jobs.length];
    if (!this.size && part.size) this.aspect = part.aspect;
    task.jobs = part.jobs.map((job) => ({
      ...job, task, at: firstJob + job.at, indices: job.indices.map((index) => offset + index),
    }));
    Object.assign(task, { part, offset, firstJob });
    this.number = appended(this.number, part.number);
    this.jobAt = appended(this.jobAt, part.jobAt.map((at) => firstJob + at));
    this.width = appended(this.width, part.width);
    this.height = appended(this.height, part.height);
    this.jobs.push(...task.jobs);
    for (const job of task.jobs) this.#byJob.set(job.id, task);
    this.size += part.size;
    this.#loaded.push(task);
    this.dispatchEvent(new CustomEvent("added", { detail: task }));
  }

  /** How many frames there are; of a task that is not loaded, as many as CVAT says it has. */
  get total() {
    return this.tasks.reduce((sum, { part, size }) => sum + (part ? part.size : (size ?? 0)), 0);
  }

  get loaded() {
    return this.#loaded;
  }

  get isWhole() {
    return this.#loaded.length === this.tasks.length;
  }

  get groups() {
    return this.tasks.map((task) => ({ task, jobs: task.jobs }));
  }

  /** @returns {JoinedTask} */
  taskOf(index) {
    let [low, high] = [0, this.#loaded.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#loaded[middle].offset <= index) low = middle;
      else high = middle - 1;
    }
    return this.#loaded[low];
  }

  /** The tasks after that of a frame, or with -1 before it, that are not loaded, the nearest first. One
   * that could not be loaded is left out. */
  unloadedFrom(index, side) {
    const { at } = this.taskOf(index);
    const beyond = side > 0 ? this.tasks.slice(at + 1) : this.tasks.slice(0, at).reverse();
    return beyond.filter(({ part, error }) => !part && !error);
  }

  partOf(index) {
    return this.taskOf(index).part;
  }

  partOfJob(jobId) {
    return this.#byJob.get(jobId).part;
  }

  inOrder(indices) {
    const order = new Uint32Array(indices.length);
    let at = 0;
    for (const task of this.tasks) {
      if (!task.part) continue;
      const some = indices.subarray(firstFrom(indices, task.offset), firstFrom(indices, endOf(task)));
      order.set(some, at);
      at += some.length;
    }
    return order;
  }

  taskWords(index) {
    const { id, name } = this.taskOf(index);
    return name ? `${name} (task ${id})` : `Task ${id}`;
  }

  job(index) {
    return this.jobs[this.jobAt[index]];
  }

  eachJob(index, visit) {
    const { part, offset, firstJob } = this.taskOf(index);
    part.eachJob(index - offset, (at) => visit(firstJob + at));
  }

  sharing(job) {
    const { part, firstJob } = job.task;
    return part.sharing(part.jobs[job.at - firstJob]).map(({ job: other, count }) => ({ job: this.jobs[firstJob + other.at], count }));
  }

  spans(first, last) {
    return this.#loaded.map(({ part, offset }) => part.within(first, last).map((at) => offset + at));
  }

  name(index) {
    const { part, offset } = this.taskOf(index);
    return part.name(index - offset);
  }

  lowered(index) {
    const { part, offset } = this.taskOf(index);
    return part.lowered(index - offset);
  }

  find(number, taskId) {
    const { part, offset } = this.#byId.get(taskId) ?? {};
    const index = part?.find(number) ?? -1;
    return index < 0 ? -1 : offset + index;
  }

  leftOut(number, taskId) {
    return this.#byId.get(taskId)?.part?.leftOut(number);
  }

  frame(index, job = this.job(index)) {
    const { part, offset } = this.taskOf(index);
    return part.frame(index - offset, job);
  }

  link(index) {
    const { part, offset } = this.taskOf(index);
    return part.link(index - offset);
  }

  chunk(index) {
    const { part, offset } = this.taskOf(index);
    return part.chunk(index - offset);
  }
}

/** The index after the last one of a loaded task. */
export function endOf({ offset, part }) {
  return offset + part.size;
}

/** The place of the first of the ascending numbers that is at least so large. */
function firstFrom(numbers, least) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
