// A row for each label: what it must be on a frame, how many frames have it, how many of them are chosen.

import { make } from "./cells.js";
import { plural } from "./words.js";

const COLOR = /^#[0-9a-f]{3,8}$/i;
const CONDITIONS = [["", "–"], ["labels_any", "any"], ["labels_all", "all"], ["labels_none", "none"]];
const MOST_SETS = 40; // labels of which the frames are known, to count the chosen ones

export class LabelChart extends EventTarget {
  #rows = new Map(); // by the name of the label
  #sets = new Map(); // name -> Bits of its frames
  #counts = null; // frames of each label among those that the filter leaves; null: of all
  #asking = null;

  /** @param list the <ul>
   * @param choice
   * @param {import("./label_index.js").LabelIndex} index */
  constructor(list, choice, index) {
    super();
    this.list = list;
    this.choice = choice;
    this.index = index;
    choice.addEventListener("change", () => this.count());
  }

  /** Which labels are any, all or none: {labels_any: [name, ...], ...}. */
  get conditions() {
    const rows = [...this.#rows].filter(([, { select }]) => select.value);
    return Object.fromEntries(
      CONDITIONS.slice(1).map(([key]) => [key, rows.filter(([, { select }]) => select.value === key).map(([name]) => name)]),
    );
  }

  /** Show these labels of the index, and the conditions of a filter. One that only the filter names
   * gets a row too. */
  show(labels, filter) {
    const named = CONDITIONS.slice(1).flatMap(([key]) => (filter[key] ?? []).map((name) => ({ name, key })));
    const known = new Set(labels.map(({ name }) => name));
    const unknown = named.filter(({ name }) => !known.has(name));
    const all = [...labels, ...unknown.map(({ name }) => ({ name, color: "", frames_count: 0, objects_count: 0 }))];
    for (const name of this.#rows.keys()) if (!all.some((label) => label.name === name)) this.#remove(name);
    for (const label of all) this.#row(label);
    for (const { select } of this.#rows.values()) select.value = "";
    for (const { name, key } of named) this.#rows.get(name).select.value = key;
    this.#refresh();
  }

  /** Count among the frames that a filter leaves; null: among all. */
  among(counts) {
    this.#counts = counts;
    this.#refresh();
  }

  /** What is known of the frames of the labels is out of date. */
  forget() {
    this.#sets.clear();
    this.#asking?.abort();
    this.#asking = null;
    this.count();
  }

  /** Count the chosen frames of each label, once their frames are known. */
  async count() {
    this.#refresh();
    if (!this.choice.size || this.#asking || !this.list.checkVisibility()) return;
    const missing = [...this.#rows.keys()].slice(0, MOST_SETS).filter((name) => !this.#sets.has(name));
    if (!missing.length) return;
    const request = new AbortController();
    this.#asking = request;
    try {
      for (const name of missing) {
        const { frames } = await this.index.frames({ labels_any: [name] }, request.signal);
        if (request.signal.aborted) return;
        this.#sets.set(name, frames);
        this.#refresh();
      }
    } catch {
      // The chart shows how many there are; the next change of the choice asks again.
    } finally {
      if (this.#asking === request) this.#asking = null;
    }
  }

  #row({ name, color, frames_count: frames, objects_count: objects }) {
    const row = this.#rows.get(name) ?? this.#made(name, color);
    row.frames = frames;
    row.item.title = `${plural(frames, "frame")}, ${plural(objects, "object")}`;
  }

  #made(name, color) {
    const item = make("li");
    if (COLOR.test(color)) item.style.setProperty("--label", color);
    const select = make("select");
    select.setAttribute("aria-label", `Label ${name}`);
    select.append(...CONDITIONS.map(([value, text]) => new Option(text, value)));
    select.addEventListener("change", () => this.dispatchEvent(new Event("change")));
    const bar = make("span", "label-bar");
    bar.append(make("i"), make("b"));
    const numbers = make("span", "label-numbers");
    item.append(make("span", "label-name", name), select, bar, numbers);
    this.list.append(item);
    const row = { item, select, bar, numbers, frames: 0 };
    this.#rows.set(name, row);
    return row;
  }

  #remove(name) {
    this.#rows.get(name).item.remove();
    this.#rows.delete(name);
  }

  #refresh() {
    const available = (name, row) => (this.#counts ? (this.#counts[name] ?? 0) : row.frames);
    const most = Math.max(1, ...[...this.#rows.values()].map(({ frames }) => frames));
    const chosen = this.choice.size ? this.choice.copy() : null;
    for (const [name, row] of this.#rows) {
      const count = available(name, row);
      const set = this.#sets.get(name);
      const taken = chosen && set ? set.common(chosen) : chosen ? null : 0;
      row.bar.style.setProperty("--available", count / most);
      row.bar.style.setProperty("--chosen", (taken ?? 0) / most);
      const text = count.toLocaleString("en");
      row.numbers.textContent = taken === null ? text : `${taken.toLocaleString("en")}/${text}`;
    }
  }
}
