// The panel "Annotations": which frames to show and to draw from, by what is annotated on them.

import { isSet, tidy } from "./annotation_filter.js";
import { make } from "./cells.js";
import { LabelChart } from "./label_chart.js";
import { RANGES, asTyped, readRange } from "./number_ranges.js";
import { plural } from "./words.js";

const PAUSE = 250; // ms after the last key, before a number counts

export class AnnotationPanel extends EventTarget {
  #filter = /** @type {import("./annotation_filter.js").AnnotationFilter} */ ({});
  #request = null;
  #timer = null;
  #hasFailed = false; // the reading of the labels
  #progress = ""; // of the reading, as it is shown

  /** @param root the <details>
   * @param choice
   * @param {import("./label_index.js").LabelIndex | import("./joined_labels.js").JoinedLabels} index
   * @param {(place: Element, error: Error, options: object) => void} failed */
  constructor(root, choice, index, failed) {
    super();
    this.root = root;
    this.index = index;
    this.failed = failed;
    this.problems = /** @type {string[]} */ ([]); // of typed numbers, which limit nothing until they are corrected
    this.frames = null; // Bits of the frames that are like that; null: no filter
    this.isLooking = false; // for the first frames that are like that: none is shown
    this.at = (id) => root.querySelector(`#annotations-${id}`);
    this.chart = new LabelChart(this.at("labels"), choice, index);
    this.chart.addEventListener("change", () => this.#edited());
    root.addEventListener("toggle", () => this.#opened());
    root.addEventListener("change", ({ target }) => this.#changed(target));
    root.addEventListener("input", ({ target }) => target.matches("input") && this.#soon());
    root.addEventListener("keydown", (event) => this.#key(event));
    this.at("clear").addEventListener("click", () => this.clear());
    this.at("attributes").addEventListener("click", ({ target }) => this.#dropped(target.closest("button")));
    index.addEventListener("labels", () => this.#read());
    index.addEventListener("failed", ({ detail }) => {
      this.#hasFailed = true;
      this.#fail(detail, () => this.#load());
    });
  }

  get filter() {
    return this.#filter;
  }

  get isSet() {
    return isSet(this.#filter);
  }

  clear() {
    this.choose({});
  }

  /** Take over a filter, such as that of a saved draw. */
  choose(filter) {
    this.#filter = tidy(filter);
    this.#write();
    this.#filter = this.#typed(); // an address can have numbers that cannot be
    this.#apply();
  }

  #opened() {
    if (!this.root.open) return;
    if (!this.index.answer || this.#hasFailed) this.#load();
    this.chart.count();
  }

  #load() {
    this.#hasFailed = false;
    this.#progress = "";
    this.at("said").classList.remove("errors");
    this.at("said").textContent = "Reading what is annotated…";
    this.index.load();
  }

  /** The portal has read all jobs, or more of them than before. */
  #read() {
    const { state, jobs_read: read } = this.index.answer;
    const progress = `${state} ${read}`;
    if (progress === this.#progress) return;
    this.#progress = progress;
    this.at("form").hidden = false;
    this.#offer();
    this.chart.count();
    this.#say();
    if (this.isSet) this.#ask();
  }

  /** What the labels offer; what is being typed stays. */
  #offer() {
    const { labels = [] } = this.index.answer ?? {};
    this.chart.show(labels, this.#filter);
    offerSources(this.at("sources"), labels, this.#filter.sources ?? []);
    offerAttributes(this.at("attribute"), labels);
  }

  /** The fields as the filter is. */
  #write() {
    const filter = this.#filter;
    this.#offer();
    this.at("annotated").value = filter.annotated ?? "";
    this.at("occluded").value = filter.occluded ?? "";
    for (const range of RANGES) {
      for (const end of ["from", "to"]) this.at(`${range.id}-${end}`).value = asTyped(range, filter[`${range.id}_${end}`]);
    }
    this.at("attributes").replaceChildren(...(filter.attributes ?? []).map(chip));
    if (Object.keys(filter).some((name) => !name.startsWith("labels_"))) this.at("more").open = true;
  }

  /** The filter as the fields are. */
  #typed() {
    const flag = (id) => ({ true: true, false: false })[this.at(id).value];
    return tidy({
      ...this.chart.conditions,
      annotated: flag("annotated"),
      occluded: flag("occluded"),
      sources: JSON.parse(this.at("sources").value || "[]"),
      attributes: this.#filter.attributes,
      ...this.#numbers(),
    });
  }

  /** The typed numbers; what is wrong with one is said at its field. */
  #numbers() {
    const read = RANGES.map((range) => {
      const [from, to] = ["from", "to"].map((end) => this.at(`${range.id}-${end}`));
      const { wrong, problem, ...numbers } = readRange(range, { from: from.value, to: to.value });
      from.setAttribute("aria-invalid", wrong.includes("from"));
      to.setAttribute("aria-invalid", wrong.includes("to"));
      this.at(`${range.id}-problem`).textContent = problem;
      return { numbers, problem };
    });
    this.problems = read.map(({ problem }) => problem).filter(Boolean);
    return Object.assign({}, ...read.map(({ numbers }) => numbers));
  }

  #changed(field) {
    if (field === this.at("attribute")) {
      const added = JSON.parse(field.value || "null");
      field.value = "";
      if (added) this.choose({ ...this.#filter, attributes: [...(this.#filter.attributes ?? []), added] });
    } else if (!field.closest(".labels")) this.#edited();
  }

  #dropped(button) {
    if (!button) return;
    const at = [...this.at("attributes").children].indexOf(button.parentElement);
    this.choose({ ...this.#filter, attributes: this.#filter.attributes.filter((_, each) => each !== at) });
    this.at("attribute").focus();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#edited(), PAUSE);
  }

  /** Enter applies what is typed; it does not draw. */
  #key(event) {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    this.#edited();
  }

  #edited() {
    clearTimeout(this.#timer);
    const typed = this.#typed();
    if (JSON.stringify(typed) === JSON.stringify(this.#filter)) return;
    this.#filter = typed;
    this.#apply();
  }

  #apply() {
    this.#request?.abort();
    this.at("clear").hidden = !this.isSet;
    this.at("on").hidden = !this.isSet;
    if (this.isSet) this.#ask();
    else this.#show(null);
    if (!this.index.answer && this.isSet) this.#load();
  }

  async #ask() {
    const request = new AbortController();
    this.#request?.abort();
    this.#request = request;
    this.isLooking = this.frames === null;
    if (this.isLooking) this.frames = this.index.noFrames;
    this.dispatchEvent(new Event("filter")); // the draw is limited from now on
    try {
      const found = await this.index.frames(this.#filter, request.signal);
      if (!request.signal.aborted) this.#show(found);
    } catch (error) {
      if (request.signal.aborted) return;
      this.#show(null);
      this.#fail(error, () => this.#ask());
      this.root.open = true;
    }
  }

  /** @param {{frames: object, counts: object} | null} found null: no filter, or not known */
  #show(found) {
    this.isLooking = false;
    this.frames = found?.frames ?? null;
    this.chart.among(found);
    this.#say();
    this.dispatchEvent(new Event("filter"));
  }

  #say() {
    const { answer } = this.index;
    if (!answer) return;
    const { state, jobs_read: read, jobs_count: all, annotated_frames: annotated, frames_count: frames } = answer;
    const parts = [`${annotated.toLocaleString("en")} of ${plural(frames, "frame")} are annotated.`];
    if (this.frames) parts.push(`${plural(this.frames.size, "frame")} ${this.frames.size === 1 ? "is" : "are"} like this.`);
    if (state === "reading") parts.push(`Read ${read.toLocaleString("en")} of ${plural(all, "job")}: of the others nothing is known yet.`);
    if (this.index.remark) parts.push(this.index.remark);
    this.at("said").classList.remove("errors");
    this.at("said").textContent = parts.join(" ");
  }

  #fail(error, again) {
    const isWrong = error.status === 400; // the same conditions are wrong again
    this.failed(this.at("said"), error, isWrong ? {} : { again });
  }
}

/** A choice among the sources that the objects have. */
function offerSources(select, labels, wanted) {
  const counts = new Map();
  for (const { sources } of labels) {
    for (const [source, count] of Object.entries(sources)) counts.set(source, (counts.get(source) ?? 0) + count);
  }
  const options = [...counts].sort().map(([source, count]) => {
    return new Option(`${source} (${count.toLocaleString("en")})`, JSON.stringify([source]));
  });
  const value = wanted.length ? JSON.stringify(wanted) : "";
  if (value && !options.some((option) => option.value === value)) options.push(new Option(wanted.join(" or "), value));
  select.replaceChildren(new Option("any source", ""), ...options);
  select.value = value;
}

/** The values that the attributes have, by label and attribute. */
function offerAttributes(select, labels) {
  const groups = labels.flatMap(({ name: label, attributes }) =>
    attributes.map(({ name, values }) => {
      const group = make("optgroup");
      group.label = `${label}: ${name}`;
      const text = ({ value, count }) => `${value || "(empty)"} (${count.toLocaleString("en")})`;
      group.append(...values.map((each) => new Option(text(each), JSON.stringify({ label, name, value: each.value }))));
      return group;
    }),
  );
  select.replaceChildren(new Option("Add a value…", ""), ...groups);
  select.disabled = !groups.length;
}

/** An attribute value of the filter, with a button that removes it. */
function chip({ label, name, value }) {
  const item = make("li", "", `${label}: ${name} = ${value}`);
  const button = make("button", "link", "Remove");
  button.type = "button";
  button.setAttribute("aria-label", `Remove ${label}: ${name} = ${value}`);
  item.append(" ", button);
  return item;
}
