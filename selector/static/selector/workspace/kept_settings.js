// Brings the settings of a draw back, from the address or else as the last task had them, and keeps them
// in the address and in this browser.

import { filterIn, isSet, labelsIn, withFilter } from "./annotation_filter.js";
import { addressWith, annotationFilterOf, filtersOf, readSettings, toRemember } from "./draw_settings.js";
import { FRAME_FILTERS } from "./frame_filter.js";
import { MethodSettings } from "./method_settings.js";
import { Shown } from "./shown.js";

const MOST_TASKS = 100; // that the API draws from by annotations
const AS_BEFORE = "As in the last task, only frames that are annotated as the panel “Annotations” says are shown.";

export class KeptSettings {
  #carried = {}; // filters of the last task that are not applied here
  #namesOfOpen = /** @type {{names_of?: string, names_compared?: string}} */ ({});
  #said = /** @type {(string | Node)[]} */ ([]); // about the filters of the last task

  /** @param form the panel "Pick frames"
   * @param {{user: string, isOfJob: boolean, isKept: boolean} & Record<string, any>} parts
   *   `isKept`: a saved selection is open, which brings its own */
  constructor(form, parts) {
    this.form = form;
    this.parts = parts;
    this.memory = `workspace-draw:${parts.user}`;
  }

  restore() {
    const { form, parts } = this;
    const annotated = filterIn(location.search);
    if (isSet(annotated)) parts.annotations.choose(annotated);
    const { isNamed, values } = readSettings({ search: location.search, remembered: this.#remembered() }, MethodSettings.names);
    if (!isNamed && parts.isKept) return;
    const hasMode = [...form.elements.mode].some(({ value }) => value === values.mode);
    if (hasMode) form.elements.mode.value = values.mode;
    if (values.amount !== undefined) form.elements.amount.value = values.amount;
    if (["count", "share"].includes(values.unit)) form.elements.unit.value = values.unit;
    parts.settings.fill(values);
    this.#filterJobs(filtersOf(values), isNamed);
    this.#filterFrames(values, isNamed);
    this.#leaveOutNames(values, isNamed);
    if (!isNamed && !isSet(annotated)) this.#filterAnnotations(annotationFilterOf(values));
  }

  keep() {
    const { form, parts } = this;
    const { mode, amount, unit } = form.elements;
    const { filter } = parts.annotations;
    const values = {
      mode: mode.value, amount: amount.value.trim(), unit: unit.value,
      ...parts.settings.texts(mode.value), ...parts.jobs.filters,
      ...Object.fromEntries(Object.entries(parts.frames.values).map(([name, value]) => [name, String(value)])),
      ...parts.knownNames.texts,
    };
    try {
      localStorage.setItem(this.memory, toRemember({ ...this.#carried, ...values, ...this.#allNames(values) }, filter));
      history.replaceState(history.state, "", withFilter(addressWith(location.href, values, MethodSettings.names), filter));
    } catch {
      // A browser that keeps nothing begins anew with each task; and some refuse an address that changes
      // a hundred times in a minute.
    }
  }

  #remembered() {
    try {
      return localStorage.getItem(this.memory);
    } catch {
      return null; // as above
    }
  }

  /** A filter that no job here is like goes on to the next task. */
  #filterJobs(filters, isStrict) {
    const { isOfJob, jobs } = this.parts;
    const off = isOfJob ? filters : jobs.filterBy(filters, { isStrict });
    Object.assign(this.#carried, off);
    const words = Object.entries(off).map(([kind, value]) => `${kind} “${value}”`);
    if (words.length && !isOfJob) {
      this.#tell(`No job here has the ${words.join(" and the ")} of the last task: the filter is off.`);
    }
  }

  #filterFrames(values, isStrict) {
    const { frames, catalog } = this.parts;
    const given = Object.fromEntries(FRAME_FILTERS.filter((name) => name in values).map((name) => [name, values[name]]));
    frames.choose(given);
    if (isStrict || !frames.isSet) return;
    const { inWords } = frames;
    // A task that is not loaded may have such frames.
    if (catalog.isWhole && !new Shown(catalog, { frame: frames.values }).count) {
      frames.clear();
      frames.root.open = false;
      Object.assign(this.#carried, given);
      this.#tell(`No frame here is one ${inWords}, as in the last task: the filter is off.`);
    } else this.#tell(`As in the last task, only frames ${inWords} are shown.`, this.#showAll());
  }

  /** The file names of a task that is open here cannot be left out: it goes on to the next task. */
  #leaveOutNames(values, isStrict) {
    const { knownNames, catalog } = this.parts;
    const open = (catalog.tasks ?? [catalog.task]).map(({ id }) => id);
    this.#namesOfOpen = { names_of: knownNames.fill(values, open), names_compared: values.names_compared };
    const { names_of: typed } = knownNames.texts;
    if (typed && !isStrict) this.#tell(`As in the last task, a draw leaves out the file names of task ${typed.split(" ").join(", ")}.`);
  }

  #allNames({ names_of: typed = "", names_compared: match }) {
    const { names_of: open, names_compared: before } = this.#namesOfOpen;
    const words = [typed, open].filter(Boolean).join(" ");
    return words ? { names_of: words, names_compared: match ?? before } : {};
  }

  #tell(...parts) {
    for (const part of parts) this.#said.push(part, " ");
    this.parts.tell(...this.#said);
  }

  #showAll() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = "Show the others too";
    button.addEventListener("click", () => {
      this.parts.frames.clear();
      this.#said = [];
      this.parts.tell();
    });
    return button;
  }

  /** Once the labels here are known. Of several tasks they are not known as a whole, and one that is not
   * loaded may have such frames. */
  #filterAnnotations(filter) {
    const { annotations, catalog } = this.parts;
    const { index } = annotations;
    if (!isSet(filter)) return;
    if (catalog.tasks && catalog.tasks.length <= MOST_TASKS) {
      annotations.choose(filter);
      return this.#tell(AS_BEFORE);
    }
    this.#carried.annotation_filter = JSON.stringify(filter);
    if (catalog.tasks) return;
    const decide = () => {
      if (annotations.isSet) return index.removeEventListener("labels", decide);
      const { state, labels } = index.answer;
      const there = new Set(labels.map(({ name }) => name));
      const missing = labelsIn(filter).filter((name) => !there.has(name));
      if (missing.length && state === "reading") return;
      index.removeEventListener("labels", decide);
      if (missing.length) {
        return this.#tell(`There is no label “${missing[0]}” here, which the last task was filtered by: the filter is off.`);
      }
      delete this.#carried.annotation_filter;
      annotations.choose(filter);
      this.#tell(AS_BEFORE);
    };
    index.addEventListener("labels", decide);
    index.load();
  }
}
