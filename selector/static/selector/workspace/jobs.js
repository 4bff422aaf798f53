// The jobs: chosen of available frames as a live bar; filters by stage, state and assignee.

import { make } from "./cells.js";
import { jobFacts } from "./words.js";

const KINDS = ["stage", "state", "assignee"];

export class Jobs extends EventTarget {
  constructor(list, filters, choice) {
    super();
    this.choice = choice;
    this.list = list;
    this.rows = choice.catalog.jobs.map((job) => this.#row(job));
    list.replaceChildren(...this.rows.map(({ item }) => item));
    this.selects = KINDS.map((kind) => this.#select(kind));
    this.root = filters;
    filters.replaceChildren(...this.selects);
    this.#hideUseless();
    choice.addEventListener("change", () => this.refresh());
    this.refresh();
  }

  get isFiltered() {
    return this.selects.some(({ value }) => value !== "");
  }

  isInView(job) {
    return this.selects.every(({ value, kind }) => value === "" || `=${job[kind]}` === value);
  }

  /** What the jobs are filtered by: {stage: "acceptance"}. */
  get filters() {
    const set = this.selects.filter(({ value }) => value !== "");
    return Object.fromEntries(set.map(({ kind, value }) => [kind, value.slice(1)]));
  }

  /** Filter by these values. Those that no job here has are answered and passed over; a strict
   * filter holds nevertheless, so that no job is like that. */
  filterBy(values, { isStrict }) {
    const unknown = {};
    for (const select of this.selects) {
      const value = values[select.kind];
      if (value === undefined) continue;
      const isKnown = [...select.options].some((option) => option.value === `=${value}`);
      if (!isKnown && !isStrict) {
        unknown[select.kind] = value;
        continue;
      }
      if (!isKnown) select.append(this.#option(select.kind, value));
      select.value = `=${value}`;
    }
    if (Object.keys(values).length) this.#filtered();
    return unknown;
  }

  /** The jobs in view that can be drawn from: per job these are annotation jobs only. */
  drawable({ perJob }) {
    const { jobs } = this.choice.catalog;
    return jobs.filter((job) => (!perJob || job.type === "annotation") && this.isInView(job));
  }

  showAll() {
    for (const select of this.selects) select.value = "";
    this.#filtered();
  }

  refresh() {
    for (const row of this.rows) {
      const count = this.choice.counts[row.job.at];
      if (row.shown === count) continue;
      row.shown = count;
      row.bar.value = count;
      row.count.textContent = [count, row.job.indices.length].map((number) => number.toLocaleString("en")).join("/");
    }
  }

  /** What there is to say of what a draw took from each job, by its id. */
  explain(reasons = new Map()) {
    for (const { job, note } of this.rows) {
      note.textContent = reasons.get(job.id) ?? "";
      note.hidden = !note.textContent;
    }
  }

  #filtered() {
    this.#hideUseless();
    for (const { item, job } of this.rows) item.hidden = !this.isInView(job);
    this.dispatchEvent(new Event("filter"));
  }

  #row(job) {
    const item = make("li");
    const name = make("button", "link", `Job ${job.id}: `);
    name.type = "button";
    name.addEventListener("click", () => this.dispatchEvent(new CustomEvent("goto", { detail: job })));
    const bar = make("meter");
    bar.max = job.indices.length || 1;
    bar.setAttribute("aria-hidden", "true");
    const count = make("b");
    const facts = jobFacts(job, this.choice.catalog.sharing(job));
    const note = make("span", "job-note");
    note.hidden = true;
    item.append(name, bar, count, make("span", "job-facts muted", facts), note);
    return { job, item, bar, count, note };
  }

  /** A filter by the only value that there is would filter nothing. */
  #hideUseless() {
    for (const select of this.selects) select.hidden = select.length < 3;
    this.root.hidden = this.selects.every(({ hidden }) => hidden);
  }

  /** A choice among the values that the jobs have. */
  #select(kind) {
    const values = [...new Set(this.choice.catalog.jobs.map((job) => job[kind]))].sort();
    const select = make("select");
    select.kind = kind;
    select.setAttribute("aria-label", kind.charAt(0).toUpperCase() + kind.slice(1));
    select.append(new Option(`Any ${kind}`, ""));
    select.append(...values.map((value) => this.#option(kind, value)));
    select.addEventListener("change", () => this.#filtered());
    return select;
  }

  #option(kind, value) {
    return new Option(value || `no ${kind}`, `=${value}`);
  }
}
