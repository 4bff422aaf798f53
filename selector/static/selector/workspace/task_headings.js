// The headings of the tasks in the grid, where there are several: what each is, how many of its frames
// are chosen, and whether its frames are loaded.

import { make } from "./cells.js";
import { endOf } from "./joined_catalog.js";
import { plural } from "./words.js";

export class TaskHeads {
  /** @param choice
   * @param {import("./task_loading.js").TaskLoading} loading
   * @param {(task: object) => string} onlyUrl the workspace of that task alone */
  constructor(choice, loading, onlyUrl) {
    this.choice = choice;
    this.loading = loading;
    this.onlyUrl = onlyUrl;
  }

  attach(grid) {
    this.grid = grid;
  }

  /** These sections are in the window: load the tasks among them that are not folded. */
  look(sections) {
    const { folded } = this.grid;
    this.loading.want(sections.filter(({ job, task }) => !job && !folded.has(task)).map(({ task }) => task));
  }

  /** Bring the task into the window; once more when it is loaded, since without its frames the end of
   * the grid may be too near. */
  async goto(task) {
    this.grid.gotoTask(task);
    if (task.part || this.grid.folded.has(task)) return;
    try {
      await this.loading.all([task]);
    } catch {
      return; // its heading says why
    }
    this.grid.gotoTask(task);
  }

  /** Fill the heading of a section; answers the parts that `refresh` changes. */
  fill(cell, section) {
    const { task } = section;
    const name = task.name || `Task ${task.id}`;
    const fold = button("fold", "", `Frames of ${name}`);
    fold.addEventListener("click", () => this.grid.fold([task], fold.getAttribute("aria-expanded") === "true"));
    const facts = make("span", "muted task-facts");
    const state = make("span", "task-state");
    const again = button("link", "Try again", `Load ${name} again`);
    again.addEventListener("click", () => this.loading.retry(task));
    const count = make("span", "job-count");
    const all = button("link", "all", `Choose all of ${name}`);
    all.prepend(make("span", "only-wide", "choose "));
    all.addEventListener("click", () => this.#choose(task, true));
    const none = button("link", "none", `Choose none of ${name}`);
    none.addEventListener("click", () => this.#choose(task, false));
    const only = make("a", "small only-wide", "only this task");
    only.href = this.onlyUrl(task);
    cell.append(fold, make("h2", "", name), facts, state, again, count, all, none, only);
    return { fold, facts, state, again, count, all };
  }

  refresh(section, { fold, facts, state, again, count, all }) {
    const { task } = section;
    const { part, error } = task;
    fold.setAttribute("aria-expanded", !this.grid.folded.has(task));
    facts.textContent = factsOf(section);
    const isLoading = this.loading.isLoading(task);
    state.textContent = error ? error.message : isLoading ? "Loading…" : "";
    state.classList.toggle("errors", Boolean(error));
    again.hidden = !error;
    all.hidden = Boolean(error);
    const chosen = part ? this.choice.countBetween(task.offset, endOf(task)) : 0;
    const size = part ? part.size : (task.size ?? 0);
    count.hidden = Boolean(error);
    count.replaceChildren(
      `${chosen.toLocaleString("en")} of ${size.toLocaleString("en")}`,
      make("span", "only-wide", " chosen"),
    );
  }

  /** All that is shown of the task, which is loaded first. */
  async #choose(task, wanted) {
    try {
      await this.loading.all([task]);
    } catch {
      return; // its heading says why
    }
    const { shown } = this.grid;
    const section = shown.sections.find((each) => !each.job && each.task === task);
    if (section) this.choice.set(shown.ofTask(section), wanted);
  }
}

/** "#12 · 120 images · 5 jobs", or how many of them a filter shows. */
function factsOf({ task, frames }) {
  const { id, part, size, name, jobs } = task;
  const noun = part?.task.mode === "interpolation" ? "video frame" : "frame";
  const isFiltered = part !== null && frames !== part.size;
  const count = part ? part.size : size;
  return [
    name && `#${id}`,
    isFiltered ? `${frames.toLocaleString("en")} of ${plural(count, noun)} shown` : count && plural(count, noun),
    part && plural(jobs.length, "job"),
    part?.deleted && `${part.deleted.toLocaleString("en")} deleted left out`,
    part?.throughJobs && "only what is open to you",
  ].filter(Boolean).join(" · ");
}

function button(kind, text, label) {
  const element = make("button", kind, text);
  element.type = "button";
  element.setAttribute("aria-label", label);
  return element;
}
