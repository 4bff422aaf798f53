// Loads the outlines of objects for the frames in the window: those that are known are not asked for
// again, those that have left the window are no longer awaited, and the memory is bounded.

import { whileBusy } from "../../portal/api.js";
import { ranges } from "./draft.js";

const AT_ONCE = 2; // questions; thumbnails come first
const MOST_ASKED = 60; // frames of a question
const MOST_KEPT = 3000; // frames

/** @typedef {{frame: number, objects_count: number,
 *   outlines: {label_id: number, kind: string, points: number[]}[]}} FrameOutlines */

export class Outlines extends EventTarget {
  #known = new Map(); // index -> FrameOutlines, or null without an answer; oldest first
  #asking = new Map(); // AbortController -> its indices
  #wanted = [];
  #hasFailed = false;

  /** @param catalog
   * @param load (task id, text of frames, signal) -> Promise of the answer of /api/tasks/{id}/outlines */
  constructor(catalog, load) {
    super();
    this.catalog = catalog;
    this.load = load;
    this.colors = new Map(); // by id of the label
  }

  /** The frames in view, as indices, the most important first. */
  want(indices) {
    this.#wanted = indices;
    const wanted = new Set(indices);
    for (const [controller, asked] of this.#asking) {
      if (asked.some((index) => wanted.has(index))) continue;
      controller.abort();
      this.#asking.delete(controller);
    }
    this.#next();
  }

  /** @returns {FrameOutlines | null} null as long as it is not known */
  of(index) {
    return this.#known.get(index) ?? null;
  }

  /** Forget everything, and ask for nothing more. */
  stop() {
    for (const controller of this.#asking.keys()) controller.abort();
    this.#asking.clear();
    this.#known.clear();
    this.#wanted = [];
    this.#hasFailed = false;
  }

  retry() {
    this.#hasFailed = false;
    this.#next();
  }

  #next() {
    if (this.#hasFailed) return;
    const asked = new Set([...this.#asking.values()].flat());
    let missing = this.#wanted.filter((index) => !this.#known.has(index) && !asked.has(index));
    while (missing.length && this.#asking.size < AT_ONCE) {
      const part = this.catalog.partOf(missing[0]); // a question is of one task
      const some = missing.filter((index) => this.catalog.partOf(index) === part).slice(0, MOST_ASKED);
      const taken = new Set(some);
      missing = missing.filter((index) => !taken.has(index));
      this.#ask(part.task.id, some.sort((a, b) => a - b));
    }
  }

  async #ask(taskId, indices) {
    const controller = new AbortController();
    const { signal } = controller;
    this.#asking.set(controller, indices);
    try {
      const frames = text(indices.map((index) => this.catalog.number[index]));
      const answer = await whileBusy(() => this.load(taskId, frames, signal), { signal });
      if (signal.aborted) return;
      this.#remember(indices, answer);
      this.dispatchEvent(new CustomEvent("ready", { detail: new Set(indices) }));
    } catch (error) {
      if (signal.aborted) return;
      this.#hasFailed = true;
      this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    } finally {
      this.#asking.delete(controller);
    }
    this.#next();
  }

  #remember(indices, { labels, frames, unread }) {
    for (const { id, color } of labels) this.colors.set(id, color);
    const answers = new Map(frames.map((each) => [each.frame, each]));
    const again = new Set(unread);
    for (const index of indices) {
      const number = this.catalog.number[index];
      if (!again.has(number)) this.#known.set(index, answers.get(number) ?? null);
    }
    for (const index of this.#known.keys()) {
      if (this.#known.size <= MOST_KEPT) return;
      this.#known.delete(index);
    }
  }
}

/** "10-40,77" */
function text(numbers) {
  const flat = ranges(numbers);
  const parts = flat.flatMap((first, at) => (at % 2 ? [] : [[first, first + flat[at + 1] - 1]]));
  return parts.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(",");
}
