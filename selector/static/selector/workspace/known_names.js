// Other tasks whose file names a draw leaves out.

import { plural } from "./words.js";

const LINK = /^(https?:\/\/.+)\/tasks\/([1-9][0-9]*)(?:[/?#].*)?$/;
const ID = /^#?([1-9][0-9]*)$/;

export class KnownNames {
  #server;

  /** @param {HTMLElement} root @param {string} server address of the CVAT server that is drawn from */
  constructor(root, server) {
    this.#server = server;
    this.title = root.querySelector("summary");
    this.typed = root.querySelector("input");
    this.match = root.querySelector("select");
    root.addEventListener("input", () => this.#tell());
    this.#tell();
  }

  /** What it adds to the parameters of a draw. */
  get parameters() {
    const tasks = this.#tasks();
    return tasks.length ? { exclude_filenames: { tasks, match: this.match.value } } : {};
  }

  /** Why the typed tasks cannot be read; "" if they can. */
  get problem() {
    const wrong = this.#words().find((word) => !taskOf(word));
    return wrong ? `“${wrong}” is not a task whose file names can be left out: type its id, or paste its link in CVAT.` : "";
  }

  /** Leave out these file names and no others, as a draw has them.
   * @param {{tasks: {task_id: number, url?: string}[], match: string}} [excluded] */
  choose(excluded = { tasks: [], match: this.match.options[0].value }) {
    const words = excluded.tasks.map(({ task_id: id, url }) => (url ? `${url}/tasks/${id}` : `${id}`));
    this.typed.value = words.join(", ");
    this.match.value = excluded.match;
    this.#tell();
  }

  /** As settings of the draw, which the address has; {} without any task.
   * @returns {{names_of?: string, names_compared?: string}} */
  get texts() {
    const typed = this.#words().join(" ");
    return typed ? { names_of: typed, names_compared: this.match.value } : {};
  }

  /** Leave out the file names that such settings name, but for those of the open tasks: frames are drawn
   * from these. The words that name them are answered.
   * @param {{names_of?: string, names_compared?: string}} texts @param {number[]} open
   * @returns {string} */
  fill({ names_of: typed = "", names_compared: match }, open) {
    const words = typed.split(/\s+/).filter(Boolean);
    const isOpen = (word) => {
      const task = taskOf(word);
      return task !== null && (!task.url || task.url === this.#server) && open.includes(task.task_id);
    };
    this.typed.value = words.filter((word) => !isOpen(word)).join(", ");
    if ([...this.match.options].some(({ value }) => value === match)) this.match.value = match;
    this.#tell();
    return words.filter(isOpen).join(" ");
  }

  /** How many frames a draw has left out so, as a sentence; "" for none.
   * @param {{known_names_count?: number}} answer of the API */
  inWords({ known_names_count: count = 0 }) {
    if (!count) return "";
    return ` ${plural(count, "frame is", "frames are")} left out: the file names are in other tasks.`;
  }

  #words() {
    return this.typed.value.split(/[\s,;]+/).filter(Boolean);
  }

  #tasks() {
    return this.#words().flatMap((word) => {
      const task = taskOf(word);
      if (!task) return [];
      return [task.url && task.url !== this.#server ? task : { task_id: task.task_id }];
    });
  }

  #tell() {
    const { length } = this.#tasks();
    this.title.textContent = length ? `Without the file names of ${plural(length, "task")}` : "Leave out file names of…";
  }
}

/** The task that an id or a link names; null for anything else.
 * @param {string} word
 * @returns {{task_id: number, url?: string} | null} */
function taskOf(word) {
  const link = LINK.exec(word);
  if (link) return { task_id: Number(link[2]), url: link[1] };
  const id = ID.exec(word);
  return id && { task_id: Number(id[1]) };
}
