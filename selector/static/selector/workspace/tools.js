// The row above the grid: filter, size, and the commands on all shown frames.

import { Shown } from "./shown.js";

const KEPT = "workspace-view"; // size and list, kept in this browser

/** Returns a function that shows what the filters leave, anew. */
export function enableTools({ grid, choice, jobs, frames, annotations, onlyChosen }) {
  const at = (id) => document.getElementById(id);
  const { catalog } = choice;

  function show() {
    const shown = new Shown(catalog, {
      frame: frames.values,
      frames: onlyChosen.among(annotations.frames),
      jobs: (job) => jobs.isInView(job),
      hasEmpty: !onlyChosen.isOn,
    });
    grid.show(shown);
    const isAll = shown.isWhole && catalog.isWhole;
    at("select-all").textContent = isAll ? "Select all" : "Choose these";
    at("invert").setAttribute("aria-label", isAll ? "Invert" : "Invert these");
    const count = `${shown.count.toLocaleString("en")} of ${catalog.total.toLocaleString("en")} shown`;
    at("shown").textContent = isAll ? "" : count;
    at("notice").hidden = shown.sections.length > 0;
    if (!shown.sections.length) nothing();
  }

  function nothing() {
    const words = document.createElement("p");
    const button = document.createElement("button");
    const isEmpty = catalog.size === 0;
    words.textContent = `No frame is like that. ${what()}`;
    if (annotations.isLooking) words.textContent = "Looking for frames that are annotated like that…";
    if (isEmpty) words.textContent = "There is no frame to choose: all are deleted in CVAT.";
    button.type = "button";
    button.className = "button";
    button.textContent = "Show all frames";
    button.hidden = isEmpty;
    button.addEventListener("click", () => {
      frames.clear();
      onlyChosen.put(false);
      annotations.clear();
      jobs.showAll();
      at("filter").focus();
    });
    at("notice").classList.remove("errors");
    at("notice").replaceChildren(words, button);
  }

  /** What a frame must be like. */
  function what() {
    const parts = [
      onlyChosen.isOn && "it must be chosen",
      frames.isSet && `it must be one ${frames.inWords}`,
      annotations.isSet && "it must be annotated as the panel “Annotations” says",
      "it must be in one of the jobs shown",
    ].filter(Boolean);
    const [first, ...others] = parts;
    return `${[first.charAt(0).toUpperCase() + first.slice(1), ...others].join(", and ")}.`;
  }

  const foldable = () => catalog.groups.flatMap(({ task, jobs: ofTask }) => task ?? ofTask);
  const areFolded = () => foldable().every((each) => grid.folded.has(each));

  function nameFolding() {
    at("fold-all").textContent = areFolded() ? "Unfold all" : "Fold all";
    at("fold-all").hidden = foldable().length < 2;
  }

  function look() {
    const isList = at("as-list").getAttribute("aria-pressed") === "true";
    at("size").disabled = isList;
    grid.setSize(Number(at("size").value), isList);
    try {
      localStorage.setItem(KEPT, JSON.stringify({ size: at("size").value, isList }));
    } catch {
      // A browser without storage shows the grid with its defaults.
    }
  }

  function refresh() {
    // Not disabled: the focus would be lost with the last step. They do nothing when pressed.
    at("undo").setAttribute("aria-disabled", !choice.canUndo);
    at("redo").setAttribute("aria-disabled", !choice.canRedo);
  }

  restore(at);
  frames.addEventListener("filter", show);
  jobs.addEventListener("filter", () => {
    at("jobs-none").hidden = !catalog.jobs.length || catalog.jobs.some((job) => jobs.isInView(job));
    show();
  });
  annotations.addEventListener("filter", show);
  onlyChosen.addEventListener("filter", show);
  jobs.addEventListener("goto", ({ detail }) => grid.gotoJob(detail));
  jobs.addEventListener("goto-task", ({ detail }) => grid.tasks.goto(detail));
  at("jobs-all").addEventListener("click", () => jobs.showAll());
  at("select-all").addEventListener("click", () => choice.set(grid.shown.order, true));
  at("invert").addEventListener("click", () => choice.invert(grid.shown.order));
  at("clear").addEventListener("click", () => choice.clear());
  at("undo").addEventListener("click", () => choice.undo());
  at("redo").addEventListener("click", () => choice.redo());
  at("size").addEventListener("input", look);
  at("as-list").addEventListener("click", (event) => {
    const pressed = event.currentTarget.getAttribute("aria-pressed") === "true";
    event.currentTarget.setAttribute("aria-pressed", !pressed);
    look();
  });
  at("fold-all").addEventListener("click", () => grid.fold(foldable(), !areFolded()));
  grid.addEventListener("fold", nameFolding);
  choice.addEventListener("change", refresh);
  nameFolding();
  look(); // before there is anything to lay out
  show();
  grid.ask(); // now: the rest of the page is wired while CVAT answers
  refresh();
  return show;
}

function restore(at) {
  try {
    const { size, isList } = JSON.parse(localStorage.getItem(KEPT)) ?? {};
    if (size) at("size").value = size;
    at("as-list").setAttribute("aria-pressed", isList === true);
  } catch {
    // As above.
  }
}
