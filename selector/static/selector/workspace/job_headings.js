// The headings of the jobs, and of the tasks where there are several (task_headings.js). Each is at the
// top of a lane as high as its job, and "sticky" keeps it visible; lanes are cut to the window, since an
// element must not be too high.

import { make } from "./cells.js";

const BEYOND = 4000; // pixels of a lane above and below the window

export class Heads {
  #lanes = new Map(); // place of the section -> lane

  constructor(root, { choice, onlyUrl, folded, fold, tasks = null }) {
    this.root = root;
    this.choice = choice;
    this.onlyUrl = onlyUrl;
    this.folded = folded; // a set of jobs and tasks
    this.fold = fold;
    this.tasks = tasks; // what makes the headings of tasks
  }

  show(shown) {
    this.shown = shown;
    for (const lane of this.#lanes.values()) lane.element.remove();
    this.#lanes.clear();
  }

  /** Which button of which heading has the focus: a function that gives it back to the heading that
   * stands for the same after `show` and `render`. */
  holdFocus() {
    const [at, lane] = [...this.#lanes].find(([, { element }]) => element.contains(document.activeElement)) ?? [];
    if (!lane) return () => {};
    const { task, job } = this.shown.sections[at];
    const which = controls(lane).indexOf(document.activeElement);
    return () => {
      const now = this.shown.sections.findIndex((section) => section.task === task && section.job === job);
      const found = this.#lanes.get(now);
      if (found) (controls(found)[which] ?? found.fold).focus({ preventScroll: true });
    };
  }

  /** Have a lane for each section that touches the window. */
  render(layout, top, bottom, shift) {
    const wanted = new Set();
    for (const section of layout.between(top, bottom)) {
      const { at } = section;
      wanted.add(at);
      const lane = this.#lanes.get(at) ?? this.#add(section);
      const from = Math.max(section.top, top - BEYOND);
      const to = Math.min(section.top + section.height - layout.gap, bottom + BEYOND);
      // Not by a transform, which "sticky" ignores.
      lane.element.style.top = `${from - shift}px`;
      lane.element.style.height = `${to - from}px`;
    }
    for (const [at, lane] of this.#lanes) {
      if (wanted.has(at) || lane.element.contains(document.activeElement)) continue;
      lane.element.remove();
      this.#lanes.delete(at);
    }
  }

  refresh() {
    for (const [at, lane] of this.#lanes) this.#count(this.shown.sections[at], lane);
  }

  ids() {
    return new Map([...this.#lanes].map(([at, { element }]) => [at, element.id]));
  }

  #add(section) {
    const shown = this.shown.sections[section.at];
    const lane = shown.job ? this.#lane(shown, section) : this.#taskLane(shown, section);
    this.#lanes.set(section.at, lane);
    this.root.append(lane.element);
    this.#count(shown, lane);
    return lane;
  }

  #taskLane(shown, section) {
    const { element, cell } = emptyLane(section, "task-lane");
    return { element, ...this.tasks.fill(cell, shown) };
  }

  #lane(shown, section) {
    const { job, task } = shown;
    const { element, cell } = emptyLane(section);
    const fold = this.#foldButton(job);
    const count = make("span", "job-count");
    const all = this.#button(shown, true);
    const none = this.#button(shown, false);
    const only = make("a", "small only-wide", "only this job");
    only.href = this.onlyUrl(job);
    const kind = job.type === "annotation" ? job.stage : "ground truth";
    only.hidden = this.choice.catalog.partOfJob(job.id).jobs.length === 1;
    cell.append(
      fold,
      make(task ? "h3" : "h2", "", `Job ${job.id}`),
      ...(task ? [make("span", "muted job-task", task.name || `task ${task.id}`)] : []),
      make("span", "muted job-range", this.#range(shown)),
      make("span", `badge ${job.stage}`, kind),
      make("span", "muted job-state", [job.state, job.assignee].filter(Boolean).join(" · ")),
      count, all, none, only,
    );
    return { element, fold, count, all, none };
  }

  /** What stands below the heading, and how much of the job stands under other headings. */
  #range(section) {
    const { count, above } = section;
    if (!above) return this.shown.range(section);
    const many = above.toLocaleString("en");
    const where = this.#before(section);
    return count ? `${this.shown.range(section)}, ${many} more under ${where}` : `all ${many} under ${where}`;
  }

  #before({ job }) {
    const listed = new Set(this.shown.sections.map((section) => section.job));
    const sharing = this.choice.catalog.sharing(job).map((other) => other.job);
    const before = sharing.filter((other) => other.at < job.at && listed.has(other));
    return before.length === 1 ? `job ${before[0].id}` : "the jobs above";
  }

  #foldButton(job) {
    const button = make("button", "fold");
    button.type = "button";
    button.setAttribute("aria-label", `Frames of job ${job.id}`);
    button.addEventListener("click", () => this.fold(job, button.getAttribute("aria-expanded") === "true"));
    return button;
  }

  #button(shown, wanted) {
    const button = make("button", "link", wanted ? "all" : "none");
    if (wanted) button.prepend(make("span", "only-wide", "choose "));
    button.type = "button";
    const what = wanted ? "all" : "none";
    button.setAttribute("aria-label", `Choose ${what} of job ${shown.job.id}`);
    button.addEventListener("click", () => this.choice.set(this.shown.of(shown.job), wanted));
    return button;
  }

  #count(section, lane) {
    const { job } = section;
    if (!job) return this.tasks.refresh(section, lane);
    const { count, fold } = lane;
    fold.setAttribute("aria-expanded", !this.folded.has(job));
    const chosen = this.choice.counts[job.at].toLocaleString("en");
    const all = job.indices.length.toLocaleString("en");
    return count.replaceChildren(`${chosen} of ${all}`, make("span", "only-wide", " chosen"));
  }
}

function emptyLane({ line, at }, kind = "") {
  const element = make("div", `lane ${kind}`.trim());
  const head = make("div", "job-head");
  const cell = make("div", "job-head-cell");
  element.setAttribute("role", "rowgroup");
  element.id = `lane-${at}`;
  head.setAttribute("role", "row");
  head.setAttribute("aria-rowindex", line);
  cell.setAttribute("role", "gridcell");
  head.append(cell);
  element.append(head);
  return { element, cell };
}

function controls({ element }) {
  return [...element.querySelectorAll("button, a")];
}
