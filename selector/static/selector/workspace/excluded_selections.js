// Saved selections of the task whose frames a draw excludes.

import { address, get } from "../../portal/api.js";
import { make } from "./cells.js";

const LISTED = 100;

export class LeftOut extends EventTarget {
  #chosen = new Set();

  constructor(root, { selectionsUrl, taskId, server, failed }) {
    super();
    this.root = root;
    this.title = root.querySelector("summary");
    this.list = root.querySelector("div");
    this.isOfOneTask = taskId !== null; // of several, all selections are listed
    const url = address(selectionsUrl, { task_id: taskId, url: server, page_size: LISTED });
    root.addEventListener("toggle", async () => {
      if (!root.open) return;
      try {
        this.#show(await get(url));
      } catch (error) {
        failed(this.list, error);
      }
    });
    this.#tell();
  }

  /** What it adds to the parameters of a draw. */
  get parameters() {
    const ids = [...this.#chosen].sort((a, b) => a - b);
    return ids.length ? { exclude_selections: ids } : {};
  }

  /** Leave out the frames of these selections and no others. */
  choose(ids) {
    this.#chosen = new Set(ids);
    this.root.open = false; // opening it lists them anew
    this.#tell();
  }

  #show({ results, count }) {
    const listed = new Set(results.map(({ id }) => id));
    const gone = [...this.#chosen].filter((id) => !listed.has(id));
    if (count <= LISTED) for (const id of gone) this.#chosen.delete(id);
    this.list.classList.remove("errors");
    this.list.replaceChildren(...results.map((selection) => this.#line(selection)));
    const none = this.isOfOneTask ? "No selection of this task is saved yet." : "No selection is saved yet.";
    if (!count) this.list.append(make("p", "muted small", none));
    if (count > LISTED) {
      this.list.append(make("p", "muted small", `These are the newest ${LISTED} of ${count}.`));
    }
    this.#tell();
  }

  #line({ id, name, frames_count: frames, owner }) {
    const label = make("label");
    const box = make("input");
    box.type = "checkbox";
    box.checked = this.#chosen.has(id);
    box.addEventListener("change", () => {
      if (box.checked) this.#chosen.add(id);
      else this.#chosen.delete(id);
      this.#tell();
    });
    const facts = `${frames.toLocaleString("en")} frame${frames === 1 ? "" : "s"} · ${owner}`;
    label.append(box, make("span", "name", name), make("span", "muted small", facts));
    return label;
  }

  #tell() {
    const { size } = this.#chosen;
    const many = size === 1 ? "1 selection" : `${size} selections`;
    this.title.textContent = size ? `Without the frames of ${many}` : "Leave out frames of…";
  }
}
