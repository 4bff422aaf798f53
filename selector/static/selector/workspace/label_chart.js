// A row for each label: what it must be on a frame, how many frames have it, how many of them are chosen.

import { make } from "./cells.js";
import { COLOR } from "./svg.js";
import { chosenOf, plural } from "./words.js";

const CONDITIONS = [["", "no matter"], ["labels_any", "any"], ["labels_all", "all"], ["labels_none", "none"]];

/** No filter: all frames count. */
const ALL = { frames: null, counts: null };

export class LabelChart extends EventTarget {
  #rows = new Map(); // by the name of the label
  #among = /** @type {{frames: import("./bitset.js").Bits | null, counts: object | null}} */ (ALL);
  #isAsking = false;
  #hasChanged = false; // since the index was asked

  /** @param list the <ul>
   * @param choice
   * @param {import("./label_index.js").LabelIndex | import("./joined_labels.js").JoinedLabels} index */
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
    const items = all.map((label) => this.#row(label));
    if (items.some((item, at) => item !== this.list.children[at])) this.list.append(...items);
    for (const { select } of this.#rows.values()) select.value = "";
    for (const { name, key } of named) this.#rows.get(name).select.value = key;
    this.#refresh();
  }

  /** Count among the frames that a filter leaves, of which so many have each label; null: all. */
  among(found) {
    this.#among = found ?? ALL;
    this.#refresh();
  }

  /** Count the chosen frames of each label, as far as the index knows or can be asked. */
  async count() {
    this.#refresh();
    this.#hasChanged = true;
    if (this.#isAsking || !this.list.checkVisibility()) return;
    this.#isAsking = true;
    try {
      while (this.#hasChanged && this.choice.size) {
        this.#hasChanged = false;
        await this.index.loadSets(this.choice.copy());
        this.#refresh();
      }
    } catch {
      // The chart shows how many there are; the next change of the choice asks again.
    } finally {
      this.#isAsking = false;
    }
  }

  #row({ name, color, frames_count: frames, objects_count: objects }) {
    const row = this.#rows.get(name) ?? this.#made(name);
    row.frames = frames;
    row.numbers.title = `In all: ${plural(frames, "frame")}, ${plural(objects, "object")}`;
    if (COLOR.test(color)) row.item.style.setProperty("--label", color);
    return row.item;
  }

  #made(name) {
    const item = make("li");
    const select = make("select");
    select.setAttribute("aria-label", `Label ${name}`);
    select.append(...CONDITIONS.map(([value, text]) => new Option(text, value)));
    select.addEventListener("change", () => this.dispatchEvent(new Event("change")));
    const bar = make("span", "label-bar");
    bar.append(make("i"), make("b"));
    const numbers = make("span", "label-numbers");
    numbers.setAttribute("aria-hidden", "true");
    const spoken = make("span", "visually-hidden");
    item.append(make("span", "label-name", name), select, bar, numbers, spoken);
    const row = { item, select, bar, numbers, spoken, frames: 0 };
    this.#rows.set(name, row);
    return row;
  }

  #remove(name) {
    this.#rows.get(name).item.remove();
    this.#rows.delete(name);
  }

  #refresh() {
    const { frames, counts } = this.#among;
    const most = Math.max(1, ...[...this.#rows.values()].map((row) => row.frames));
    const chosen = frames ? this.choice.copy().and(frames) : this.choice.copy();
    const taken = chosen.isEmpty() ? new Map() : this.index.taken(chosen);
    for (const [name, row] of this.#rows) {
      const count = counts ? (counts[name] ?? 0) : row.frames;
      const chosenCount = taken?.has(name) === false ? 0 : taken?.get(name);
      row.bar.style.setProperty("--available", count / most);
      row.bar.style.setProperty("--chosen", (chosenCount ?? 0) / most);
      const text = count.toLocaleString("en");
      row.numbers.textContent = chosenCount === undefined ? text : `${chosenCount.toLocaleString("en")}/${text}`;
      row.spoken.textContent = chosenOf(chosenCount, count);
    }
  }
}
