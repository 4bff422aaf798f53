// The jobs, by task where there are several: chosen of available frames as a live bar; filters by stage,
// state and assignee.

import { make } from "./cells.js";
import { jobFacts } from "./words.js";

const KINDS = ["stage", "state", "assignee"];
const NO_ASSIGNEE = "no assignee"; // as the API has it
// CVAT's own values, where the jobs are not known before their tasks are loaded.
const OFFERED = {
  stage: ["annotation", "validation", "acceptance"],
  state: ["new", "in progress", "completed", "rejected"],
  assignee: [NO_ASSIGNEE],
};

export class Jobs extends EventTarget {
  /** @param list @param filters @param choice
   * @param {import("./task_rows.js").TaskRows | null} tasks the rows of the tasks, if there are several */
  constructor(list, filters, choice, tasks = null) {
    super();
    this.choice = choice;
    this.list = list;
    this.tasks = tasks;
    this.rows = choice.catalog.jobs.map((job) => this.#row(job));
    list.replaceChildren(...(tasks?.items ?? this.rows.map(({ item }) => item)));
    this.selects = KINDS.map((kind) => this.#select(kind));
    this.root = filters;
    filters.replaceChildren(...this.selects);
    this.#hideUseless();
    choice.addEventListener("change", () => this.refresh());
    choice.catalog.addEventListener("added", ({ detail: task }) => this.#added(task));
    tasks?.addEventListener("goto", ({ detail }) => this.dispatchEvent(new CustomEvent("goto-task", { detail })));
    this.refresh();
  }

  get isFiltered() {
    return this.selects.some(({ value }) => value !== "");
  }

  isInView(job) {
    return this.selects.every(({ value, kind }) => value === "" || `=${valueOf(job, kind)}` === value);
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
    const isHeld = isStrict || this.isOfSeveralTasks; // a task that is not loaded may have such a job
    for (const select of this.selects) {
      const value = values[select.kind];
      if (value === undefined) continue;
      const isKnown = this.#has(select, value);
      if (!isKnown && !isHeld) {
        unknown[select.kind] = value;
        continue;
      }
      if (!isKnown) select.append(option(value));
      select.value = `=${value}`;
    }
    if (Object.keys(values).length) this.#filtered();
    return unknown;
  }

  /** Whether there are several tasks, of which some may not be loaded. */
  get isOfSeveralTasks() {
    return this.tasks !== null;
  }

  /** Which jobs a draw is from: "the jobs shown below: 2 of 5", "jobs with stage acceptance". */
  inWords({ perJob }) {
    if (this.isOfSeveralTasks) {
      return `jobs with ${Object.entries(this.filters).map(([kind, value]) => `${kind} “${value}”`).join(" and ")}`;
    }
    const among = this.drawable({ perJob }).length.toLocaleString("en");
    return `the jobs shown below: ${among} of ${this.choice.catalog.jobs.length.toLocaleString("en")}`;
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
    this.tasks?.refresh();
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

  /** The jobs of a task that has been loaded. */
  #added(task) {
    const rows = task.jobs.map((job) => this.#row(job));
    this.rows.push(...rows);
    this.tasks.itemOf(task).after(...rows.map(({ item }) => item));
    for (const { item, job } of rows) item.hidden = !this.isInView(job);
    for (const select of this.selects) {
      const values = valuesOf(task.jobs, select.kind).filter((value) => !this.#has(select, value));
      select.append(...values.map(option));
    }
    this.#hideUseless();
    this.refresh();
  }

  #has(select, value) {
    return [...select.options].some((option) => option.value === `=${value}`);
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
    item.classList.toggle("of-task", this.tasks !== null);
    return { job, item, bar, count, note };
  }

  /** A filter by the only value that there is would filter nothing; a task that is not loaded may have
   * others. */
  #hideUseless() {
    for (const select of this.selects) select.hidden = select.length < 3 && !this.isOfSeveralTasks;
    this.root.hidden = this.selects.every(({ hidden }) => hidden);
  }

  /** A choice among the values that the jobs have. */
  #select(kind) {
    const values = this.isOfSeveralTasks ? OFFERED[kind] : valuesOf(this.choice.catalog.jobs, kind);
    const select = make("select");
    select.kind = kind;
    select.setAttribute("aria-label", kind.charAt(0).toUpperCase() + kind.slice(1));
    select.append(new Option(`Any ${kind}`, ""));
    select.append(...values.map(option));
    select.addEventListener("change", () => this.#filtered());
    return select;
  }
}

/** With "=", as "" stands for any value. */
function option(value) {
  return new Option(value, `=${value}`);
}

function valueOf(job, kind) {
  return kind === "assignee" ? job.assignee || NO_ASSIGNEE : job[kind];
}

function valuesOf(jobs, kind) {
  return [...new Set(jobs.map((job) => valueOf(job, kind)))].sort();
}
