// Loads the frames of several tasks: of those that are looked at, a few at a time, and of those that
// something needs, such as the result of a draw.

import { whileBusy } from "../../portal/api.js";

const IN_VIEW = 2; // at a time: the first to come moves the others out of the window
const NEEDED = 4; // at a time

export class TaskLoading extends EventTarget {
  #asking = new Map(); // task -> promise

  /** @param {import("./joined_catalog.js").JoinedCatalog} catalog that the tasks are added to
   * @param {(taskId: number) => Promise<object>} load the answer of /api/catalog */
  constructor(catalog, load) {
    super();
    this.catalog = catalog;
    this.load = load;
  }

  isLoading(task) {
    return this.#asking.has(task);
  }

  /** These tasks are in the window. One that failed is loaded when somebody asks for it. */
  want(tasks) {
    for (const task of tasks) {
      if (this.#asking.size >= IN_VIEW) return;
      if (!task.part && !task.error) this.#load(task).catch(() => {}); // its heading says why
    }
  }

  retry(task) {
    this.#load(task).catch(() => {});
  }

  /** Load all of these tasks; a "settled" event has the page show them by the time this is done. Rejects
   * with the first error, after the others are loaded.
   * @param tasks
   * @param {(done: number, all: number) => void} [progress] */
  async all(tasks, progress = () => {}) {
    const missing = tasks.filter(({ part }) => !part);
    const failures = [];
    let [next, done] = [0, 0];
    const work = async () => {
      while (next < missing.length) {
        const task = missing[next++];
        await this.#load(task).catch((error) => failures.push(error));
        progress((done += 1), missing.length);
      }
    };
    await Promise.all(Array.from({ length: NEEDED }, work));
    this.dispatchEvent(new Event("settled"));
    if (failures.length) throw failures[0];
  }

  /** A "change" event tells that it began, and that it failed; the catalogue's "added" that it is here. */
  #load(task) {
    if (task.part) return Promise.resolve();
    if (!this.#asking.has(task)) this.#asking.set(task, this.#ask(task));
    return this.#asking.get(task);
  }

  async #ask(task) {
    task.error = null;
    // A failure must find itself among what is under way.
    queueMicrotask(() => this.dispatchEvent(new Event("change")));
    try {
      const document = await whileBusy(() => this.load(task.id));
      this.#asking.delete(task);
      this.catalog.add(task, document);
    } catch (error) {
      task.error = error;
      throw error;
    } finally {
      this.#asking.delete(task);
      this.dispatchEvent(new Event("change"));
    }
  }
}
