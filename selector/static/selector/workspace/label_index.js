// Which labels are on which frames: asks the portal, which reads the jobs of a large task one after the
// other and answers meanwhile with what it knows.

import { whileBusy } from "../../portal/api.js";
import { parametersOf } from "./annotation_filter.js";
import { Bits } from "./bitset.js";

const PAUSE = 1500; // ms between two questions while jobs are read
const WORK = "annotationindexing"; // kind of the work that reads them
const MOST_ASKED = 40; // labels whose frames are asked for one by one, being too many for one answer

export class LabelIndex extends EventTarget {
  #timer = null;
  #isAsking = false;
  #workId = null; // of the work that reads the jobs, as the tray was told
  #sets = /** @type {Map<string, Bits | null> | null} */ (null); // label -> its frames; null: not known

  /** @param {(question: string, signal?: AbortSignal) => Promise<any>} ask asks the API about the task or the
   * job: "labels?..." or "frames-by-annotation?..."
   * @param {number} connection
   * @param catalog */
  constructor(ask, connection, catalog) {
    super();
    this.ask = ask;
    this.connection = connection;
    this.catalog = catalog;
    this.answer = null; // of GET /api/tasks/{id}/labels
    document.addEventListener("work-ended", (event) => this.#ended(event));
  }

  /** Ask for the labels, and again until all jobs are read. Each answer is a "labels" event, a failure
   * a "failed" event. */
  async load() {
    if (this.#isAsking) return;
    clearTimeout(this.#timer);
    this.#isAsking = true;
    try {
      this.answer = await whileBusy(() => this.ask(`labels?connection=${this.connection}`));
      this.#sets = null;
      if (this.answer.state === "reading") this.#timer = setTimeout(() => this.load(), PAUSE);
      this.#tellTray(this.answer.work_id);
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
    const ask = () => this.ask(`frames-by-annotation?${query}`, signal);
    const { state, frames, counts } = await whileBusy(ask, { signal });
    // A job has changed in CVAT since the labels were counted.
    if (state === "reading" && this.answer?.state === "ready") this.load();
    return { frames: this.#bits(frames), counts };
  }

  /** The tray at the top of the page shows how far the work is. */
  #tellTray(id) {
    if (id === null || id === this.#workId) return;
    this.#workId = id;
    document.dispatchEvent(new CustomEvent("work-begun", { detail: { kind: WORK, id } }));
  }

  /** The panel says what came of it, so no notice is needed. */
  #ended(event) {
    const { kind, id } = event.detail.work;
    if (kind !== WORK || id !== this.#workId) return;
    event.preventDefault();
    this.load();
  }

  /** Ask which frames have each label, once all jobs are read: until then that changes every second. */
  async loadSets() {
    const { answer } = this;
    if (this.#sets || answer?.state !== "ready") return;
    const query = `labels?connection=${this.connection}&with_frames=true`;
    const { state, labels } = await whileBusy(() => this.ask(query));
    const sets = new Map();
    let asked = 0;
    for (const { name, frames } of labels) {
      if (frames) sets.set(name, this.#bits(frames));
      else sets.set(name, (asked += 1) > MOST_ASKED ? null : (await this.frames({ labels_any: [name] })).frames);
    }
    if (state === "ready" && this.answer === answer) this.#sets = sets;
  }

  /** How many of the chosen frames have each label, which is undefined for a label of which that is not
   * known; null while `loadSets` has not told.
   * @param {Bits} chosen
   * @returns {Map<string, number | undefined> | null} */
  taken(chosen) {
    return this.#sets && new Map([...this.#sets].map(([name, frames]) => [name, frames?.and(chosen).size]));
  }

  /** What the numbers of the answer leave out: nothing, in one task. */
  get remark() {
    return "";
  }

  get noFrames() {
    return new Bits(this.catalog.size);
  }

  /** @param {number[]} runs [first, count, ...] of task frames, ascending */
  #bits(runs) {
    const { catalog, noFrames: bits } = this;
    for (let at = 0; at < runs.length; at += 2) {
      const [from, to] = catalog.within(runs[at], runs[at] + runs[at + 1] - 1);
      for (let index = from; index < to; index += 1) bits.put(index, true);
    }
    return bits;
  }
}
