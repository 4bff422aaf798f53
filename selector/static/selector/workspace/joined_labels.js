// Which labels are on which frames, of several tasks together: as far as these are loaded.

import { Bits } from "./bitset.js";
import { endOf } from "./joined_catalog.js";

const MOST_KEPT = 30; // filters of which the frames are known

export class JoinedLabels extends EventTarget {
  #indexes = new Map(); // task -> LabelIndex
  #isAsked = false;
  #telling = null; // timer
  #known = new Map(); // filter -> task -> its frames, once all its jobs are read

  /** @param {import("./joined_catalog.js").JoinedCatalog} catalog
   * @param {(part: import("./catalog.js").Catalog) => import("./label_index.js").LabelIndex} indexOf */
  constructor(catalog, indexOf) {
    super();
    this.catalog = catalog;
    this.indexOf = indexOf;
    for (const task of catalog.loaded) this.#add(task);
    catalog.addEventListener("added", ({ detail: task }) => this.#add(task));
  }

  /** Ask for the labels of all tasks that are loaded, and of those that will be. */
  load() {
    this.#isAsked = true;
    this.#known.clear();
    for (const index of this.#indexes.values()) index.load();
  }

  /** The answers for the tasks as one; null without any. */
  get answer() {
    const answers = this.#answers;
    if (!answers.length) return null;
    const sum = (key) => answers.reduce((total, answer) => total + answer[key], 0);
    const isReady = answers.length === this.#indexes.size && answers.every(({ state }) => state === "ready");
    return {
      state: isReady ? "ready" : "reading",
      jobs_read: sum("jobs_read"),
      jobs_count: sum("jobs_count"),
      annotated_frames: sum("annotated_frames"),
      frames_count: sum("frames_count"),
      labels: mergedLabels(answers.flatMap(({ labels }) => labels)),
    };
  }

  /** Ask which frames have each label, of the tasks with chosen frames. Rejects with the first error,
   * after the others have answered.
   * @param {Bits} chosen */
  async loadSets(chosen) {
    const tasks = [...this.#indexes.keys()].filter((task) => chosen.countBetween(task.offset, endOf(task)));
    const asked = await Promise.allSettled(tasks.map((task) => this.#indexes.get(task).loadSets()));
    const failed = asked.find(({ status }) => status === "rejected");
    if (failed) throw /** @type {PromiseRejectedResult} */ (failed).reason;
  }

  /** How many of the chosen frames have each label, as LabelIndex has it; those of tasks whose jobs are
   * still being read do not count.
   * @param {Bits} chosen */
  taken(chosen) {
    const sums = new Map();
    let isKnown = false;
    for (const [task, index] of this.#indexes) {
      const part = chosen.slice(task.offset, task.part.size);
      if (part.isEmpty()) continue;
      const counts = index.taken(part);
      if (counts) isKnown = true;
      else if (index.answer?.state === "ready") return null;
      for (const [name, count] of counts ?? []) sums.set(name, sums.has(name) ? sums.get(name) + count : count);
    }
    return isKnown ? sums : null;
  }

  /** What the numbers of `answer` leave out. */
  get remark() {
    const missing = this.catalog.tasks.length - this.#indexes.size;
    if (!missing) return "";
    const count = missing.toLocaleString("en");
    return missing === 1 ? "One task is not loaded yet." : `${count} tasks are not loaded yet.`;
  }

  /** The frames that are like that, of the tasks that are loaded. */
  async frames(filter, signal) {
    const tasks = [...this.#indexes.keys()];
    const found = await Promise.all(tasks.map((task) => this.#framesOf(task, filter, signal)));
    const frames = this.noFrames;
    const counts = {};
    for (const [at, each] of found.entries()) {
      each.frames.each((index) => frames.put(tasks[at].offset + index, true));
      for (const [name, count] of Object.entries(each.counts)) counts[name] = (counts[name] ?? 0) + count;
    }
    return { frames, counts };
  }

  get noFrames() {
    return new Bits(this.catalog.size);
  }

  get #answers() {
    return [...this.#indexes.values()].map(({ answer }) => answer).filter(Boolean);
  }

  #add(task) {
    const index = this.indexOf(task.part);
    this.#indexes.set(task, index);
    index.addEventListener("labels", () => this.#tell());
    index.addEventListener("failed", ({ detail }) => this.dispatchEvent(new CustomEvent("failed", { detail })));
    if (this.#isAsked) index.load();
  }

  /** Tell of the answers of a moment at once: those for many tasks come in together. */
  #tell() {
    if (this.#telling !== null) return;
    this.#telling = setTimeout(() => {
      this.#telling = null;
      this.dispatchEvent(new Event("labels"));
    });
  }

  async #framesOf(task, filter, signal) {
    const key = JSON.stringify(filter);
    const known = this.#known.get(key)?.get(task);
    if (known) return known;
    const index = this.#indexes.get(task);
    const found = await index.frames(filter, signal);
    if (index.answer?.state !== "ready") return found;
    if (!this.#known.has(key)) {
      if (this.#known.size >= MOST_KEPT) this.#known.delete(this.#known.keys().next().value);
      this.#known.set(key, new Map());
    }
    this.#known.get(key).set(task, found);
    return found;
  }
}

/** Labels of several tasks: those of one name are one. */
export function mergedLabels(labels) {
  const byName = new Map();
  for (const { name, color, frames_count: frames, objects_count: objects, sources, attributes } of labels) {
    if (!byName.has(name)) {
      byName.set(name, { name, color, frames_count: 0, objects_count: 0, sources: {}, attributes: [] });
    }
    const label = byName.get(name);
    label.frames_count += frames;
    label.objects_count += objects;
    for (const [source, count] of Object.entries(sources)) label.sources[source] = (label.sources[source] ?? 0) + count;
    label.attributes = mergedAttributes([...label.attributes, ...attributes]);
  }
  return [...byName.values()];
}

function mergedAttributes(attributes) {
  const byName = new Map();
  for (const { name, values } of attributes) {
    if (!byName.has(name)) byName.set(name, new Map());
    const counts = byName.get(name);
    for (const { value, count } of values) counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return [...byName].map(([name, counts]) => ({
    name,
    values: [...counts].map(([value, count]) => ({ value, count })),
  }));
}
