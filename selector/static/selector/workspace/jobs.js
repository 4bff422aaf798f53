// The jobs: chosen of available with a bar, live; filters by stage, state and assignee.

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
    this.selects = KINDS.map((kind) => this.#select(kind)).filter(Boolean);
    filters.replaceChildren(...this.selects);
    filters.hidden = !this.selects.length;
    choice.addEventListener("change", () => this.refresh());
    this.refresh();
  }

  get isFiltered() {
    return this.selects.some(({ value }) => value !== "");
  }

  isInView(job) {
    return this.selects.every(({ value, kind }) => value === "" || `=${job[kind]}` === value);
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

  #filtered() {
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
    item.append(name, bar, count, make("span", "job-facts muted", jobFacts(job)));
    return { job, item, bar, count };
  }

  /** A choice among the values that the jobs have; nothing where there is but one. */
  #select(kind) {
    const values = [...new Set(this.choice.catalog.jobs.map((job) => job[kind]))].sort();
    if (values.length < 2) return null;
    const select = make("select");
    select.kind = kind;
    select.setAttribute("aria-label", kind.charAt(0).toUpperCase() + kind.slice(1));
    select.append(new Option(`Any ${kind}`, ""));
    for (const value of values) select.append(new Option(value || `no ${kind}`, `=${value}`));
    select.addEventListener("change", () => this.#filtered());
    return select;
  }
}
