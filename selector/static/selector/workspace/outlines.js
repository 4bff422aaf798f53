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
  #known = new Map(); // frame number -> FrameOutlines, or null without an answer; oldest first
  #asking = new Map(); // AbortController -> its frame numbers
  #wanted = [];
  #hasFailed = false;

  /** @param load (text of frames, signal) -> Promise of the answer of /api/tasks/{id}/outlines */
  constructor(load) {
    super();
    this.load = load;
    this.colors = new Map(); // by id of the label
  }

  /** The frames in view, the most important first. */
  want(numbers) {
    this.#wanted = numbers;
    const wanted = new Set(numbers);
    for (const [controller, asked] of this.#asking) {
      if (asked.some((number) => wanted.has(number))) continue;
      controller.abort();
      this.#asking.delete(controller);
    }
    this.#next();
  }

  /** @returns {FrameOutlines | null} null as long as it is not known */
  of(number) {
    return this.#known.get(number) ?? null;
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
    const missing = this.#wanted.filter((number) => !this.#known.has(number) && !asked.has(number));
    for (let at = 0; at < missing.length && this.#asking.size < AT_ONCE; at += MOST_ASKED) {
      this.#ask(missing.slice(at, at + MOST_ASKED).sort((a, b) => a - b));
    }
  }

  async #ask(numbers) {
    const controller = new AbortController();
    const { signal } = controller;
    this.#asking.set(controller, numbers);
    try {
      const answer = await whileBusy(() => this.load(text(numbers), signal), { signal });
      if (signal.aborted) return;
      this.#remember(numbers, answer);
      this.dispatchEvent(new CustomEvent("ready", { detail: new Set(numbers) }));
    } catch (error) {
      if (signal.aborted) return;
      this.#hasFailed = true;
      this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    } finally {
      this.#asking.delete(controller);
    }
    this.#next();
  }

  #remember(numbers, { labels, frames, unread }) {
    for (const { id, color } of labels) this.colors.set(id, color);
    const answers = new Map(frames.map((each) => [each.frame, each]));
    const again = new Set(unread);
    for (const number of numbers) {
      if (!again.has(number)) this.#known.set(number, answers.get(number) ?? null);
    }
    for (const number of this.#known.keys()) {
      if (this.#known.size <= MOST_KEPT) return;
      this.#known.delete(number);
    }
  }
}

/** "10-40,77" */
function text(numbers) {
  const flat = ranges(numbers);
  const parts = flat.flatMap((first, at) => (at % 2 ? [] : [[first, first + flat[at + 1] - 1]]));
  return parts.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(",");
}
