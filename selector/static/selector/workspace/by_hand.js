// The field for frame numbers and file names, with a preview of what it would choose.

import { make } from "./cells.js";
import { preview, Typed } from "./typed_frames.js";
import { plural } from "./words.js";

const PAUSE = 200; // ms
const LISTED = 200; // problems

/** Returns a function that chooses what is typed (wanted), or leaves it out. `prepare` loads the tasks
 * of frames, where there are several: then a field says of which one the numbers and names are, or that
 * they are of any. */
export function enableByHand(root, choice, { prepare, tell, submit }) {
  const at = (id) => root.querySelector(`#${id}`);
  const field = at("ranges");
  const task = at("ranges-task");
  let typed = read();
  let timer = null;

  function read() {
    const id = Number(task?.value ?? "");
    const { catalog } = choice;
    return id ? new Typed(catalog, (index) => catalog.partOf(index).task.id === id) : new Typed(catalog);
  }

  /** The tasks that are to be loaded for what is typed. */
  function wantedTasks() {
    if (!task?.value) return [];
    const values = task.value === "all" ? Array.from(task.options, ({ value }) => value) : [task.value];
    return values.map(Number).filter(Boolean).map((id) => ({ task_id: id }));
  }

  async function readTask() {
    try {
      const wanted = wantedTasks();
      if (wanted.length) await prepare(wanted);
    } finally {
      typed = read();
      show();
    }
  }

  function show() {
    clearTimeout(timer);
    at("ranges-problems").hidden = true;
    at("ranges-preview").textContent = "";
    if (!field.value.trim()) return;
    try {
      const parsed = typed.read(field.value);
      at("ranges-preview").textContent = preview(choice.catalog, parsed);
      list(parsed.problems);
    } catch (error) {
      at("ranges-preview").textContent = error.message;
    }
  }

  /** Every line that means nothing, or more than one frame. */
  function list(problems) {
    at("ranges-problems").hidden = !problems.length;
    at("ranges-problems").querySelector("summary").textContent =
      `${plural(problems.length, "entry", "entries")} not understood`;
    const lines = problems.slice(0, LISTED).map(({ text, reason }) => make("li", "", `“${text}” ${reason}.`));
    const more = problems.length - lines.length;
    if (more > 0) lines.push(make("li", "", `And ${more.toLocaleString("en")} more.`));
    at("ranges-problems").querySelector("ul").replaceChildren(...lines);
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  });
  // The heading of a task that cannot be loaded says why.
  task?.addEventListener("change", () => readTask().catch(() => {}));
  choice.catalog.addEventListener("added", () => (typed = read()));
  // A line break can be pasted, or typed with Shift.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });

  return async function take(wanted) {
    if (!field.value.trim()) throw new Error("Type frame numbers first, such as 0-99, 250; or paste file names.");
    await readTask();
    const { indices, absent, problems } = typed.read(field.value);
    if (!indices.length) {
      const [{ text, reason }] = problems.length ? problems : [{}];
      throw new Error(text ? `“${text}” ${reason}.` : "No frame here has such a number.");
    }
    choice.set(indices, wanted);
    const left = [
      absent && `${plural(absent, "number")} ${absent === 1 ? "is" : "are"} not among the frames here`,
      problems.length && `${plural(problems.length, "entry", "entries")} ${problems.length === 1 ? "was" : "were"} not understood`,
    ].filter(Boolean);
    if (!left.length) return;
    const others = indices.length === 1 ? "the other one is" : "the others are";
    tell(`${left.join(", ")}; ${others} ${wanted ? "chosen" : "left out"}.`);
  };
}
