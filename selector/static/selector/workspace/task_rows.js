// The rows of the tasks in the list of jobs, where there are several: a jump to the task, and how many
// of its frames are chosen.

import { make } from "./cells.js";
import { endOf } from "./joined_catalog.js";

export class TaskRows extends EventTarget {
  #rows;

  /** @param choice of a JoinedCatalog */
  constructor(choice) {
    super();
    this.choice = choice;
    this.#rows = new Map(choice.catalog.tasks.map((task) => [task, this.#row(task)]));
  }

  get items() {
    return [...this.#rows.values()].map(({ item }) => item);
  }

  itemOf(task) {
    return this.#rows.get(task).item;
  }

  refresh() {
    for (const [task, row] of this.#rows) {
      const size = task.part ? task.part.size : (task.size ?? 0);
      const chosen = task.part ? this.choice.countBetween(task.offset, endOf(task)) : 0;
      const text = `${chosen.toLocaleString("en")}/${size.toLocaleString("en")}`;
      if (row.count.textContent === text) continue;
      row.count.textContent = text;
      row.bar.max = size || 1;
      row.bar.value = chosen;
    }
  }

  #row(task) {
    const item = make("li", "task-row");
    const name = make("button", "link", `${task.name || "Task"} #${task.id}: `);
    name.type = "button";
    name.addEventListener("click", () => this.dispatchEvent(new CustomEvent("goto", { detail: task })));
    const bar = make("meter");
    bar.setAttribute("aria-hidden", "true");
    const count = make("b");
    item.append(name, bar, count);
    return { item, bar, count };
  }
}
