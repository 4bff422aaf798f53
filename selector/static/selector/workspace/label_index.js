// Which labels are on which frames: asks the portal, which reads the jobs of a large task one after the
// other and answers meanwhile with what it knows.

import { address, get, whileBusy } from "../../portal/api.js";
import { parametersOf } from "./annotation_filter.js";
import { Bits } from "./bitset.js";

const PAUSE = 1500; // ms between two questions while jobs are read

export class LabelIndex extends EventTarget {
  #timer = null;
  #isAsking = false;

  /** @param {string} base the address of the task or the job in the API
   * @param {number} connection
   * @param catalog */
  constructor(base, connection, catalog) {
    super();
    this.base = base;
    this.connection = connection;
    this.catalog = catalog;
    this.answer = null; // of GET /api/tasks/{id}/labels
  }

  /** Ask for the labels, and again until all jobs are read. Each answer is a "labels" event, a failure
   * a "failed" event. */
  async load() {
    if (this.#isAsking) return;
    clearTimeout(this.#timer);
    this.#isAsking = true;
    try {
      const url = address(`${this.base}/labels`, { connection: this.connection });
      this.answer = await whileBusy(() => get(url));
      if (this.answer.state === "reading") this.#timer = setTimeout(() => this.load(), PAUSE);
      this.dispatchEvent(new Event("labels"));
    } catch (error) {
      this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    } finally {
      this.#isAsking = false;
    }
  }

  /** The frames that are like that, as far as the jobs are read: {frames: Bits, counts}.
   * @param {import("./annotation_filter.js").AnnotationFilter} filter
   * @param {AbortSignal} [signal] */
  async frames(filter, signal) {
    const query = new URLSearchParams([...parametersOf(filter), ["connection", String(this.connection)]]);
    const ask = () => get(`${this.base}/frames-by-annotation?${query}`, { signal });
    const { frames, counts } = await whileBusy(ask, { signal });
    return { frames: this.#bits(frames), counts };
  }

  /** @param {number[]} runs [first, count, ...] of task frames, ascending */
  #bits(runs) {
    const { catalog } = this;
    const bits = new Bits(catalog.size);
    for (let at = 0; at < runs.length; at += 2) {
      const [from, to] = catalog.within(runs[at], runs[at] + runs[at + 1] - 1);
      for (let index = from; index < to; index += 1) bits.put(index, true);
    }
    return bits;
  }
}
