// One frame, large, as in the workspace. Without this script the link of a picture opens it by itself.

import { loadLate } from "./late_pictures.js";
import { Marks } from "./marks.js";
import { Overlay } from "../selector/workspace/overlay.js";
import { Zoom } from "../selector/workspace/zoom.js";

const dialog = document.getElementById("large");
const shots = [...document.querySelectorAll(".shot")];

if (dialog) enable();

function enable() {
  const picture = dialog.querySelector(".large-picture img");
  const said = dialog.querySelector(".viewer-said");
  const steps = dialog.querySelectorAll("[data-step]");
  const stage = dialog.querySelector(".large-picture");
  const zoom = new Zoom(stage, picture);
  const { api, connection } = dialog.dataset;
  const byId = (id) => document.getElementById(`viewer-${id}`);
  const overlay = new Overlay({ at: byId, stage, picture, zoom, connection, api });
  const zooms = { larger: () => zoom.by(1.5), smaller: () => zoom.by(1 / 1.5), fit: () => zoom.fit() };
  const form = dialog.querySelector("form[data-marks]");
  const marks = form && new Marks(form);
  const results = document.getElementById("viewer-results"); // a select, if there are publications
  let at = 0;

  function show(index) {
    at = Math.max(0, Math.min(shots.length - 1, index));
    const shot = shots[at];
    dialog.querySelector(".large-name b").textContent = shot.dataset.frame;
    dialog.querySelector(".viewer-name").textContent = shot.dataset.name;
    dialog.querySelector("[data-in-cvat]").href = shot.dataset.cvat;
    for (const button of steps) {
      const isEnd = !shots[at + Number(button.dataset.step)];
      // A button that is disabled would lose the keyboard to the page behind.
      if (isEnd && button === document.activeElement) dialog.querySelector("[data-close]").focus();
      button.disabled = isEnd;
    }
    said.textContent = "Loading…";
    picture.hidden = true;
    picture.alt = `Frame ${shot.dataset.frame}`;
    picture.src = shot.href;
    marks?.show(shot);
    if (!dialog.open) dialog.showModal();
    zoom.fit();
    showObjects();
  }

  function showObjects() {
    const { task: taskId, job: jobId, frame, width, height } = shots[at].dataset;
    const publicationId = results?.value;
    overlay.show({ taskId, jobId, frame, width: Number(width), height: Number(height), publicationId });
  }

  function step(by) {
    if (shots[at + by]) show(at + by);
  }

  for (const [index, shot] of shots.entries()) {
    shot.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      show(index);
    });
  }

  picture.addEventListener("load", () => {
    picture.hidden = false;
    said.textContent = "";
  });
  picture.addEventListener("error", async () => {
    if (!(await loadLate(picture, picture.src))) {
      said.textContent = "CVAT does not show this picture. Open it there to see why.";
    }
  });
  results?.addEventListener("change", showObjects);
  zoom.addEventListener("swipe", ({ detail }) => step(detail));

  dialog.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.step) step(Number(button.dataset.step));
    if (button?.dataset.zoom) zooms[button.dataset.zoom]();
    if (button?.matches("[data-close]")) dialog.close();
  });

  // Not on the dialog: a click on the picture takes the keyboard out of it.
  document.addEventListener("keydown", (event) => {
    if (!dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement && event.target.type === "text") return;
    if (event.target instanceof HTMLSelectElement) return;
    const act = {
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      "+": zooms.larger,
      "=": zooms.larger,
      "-": zooms.smaller,
      0: zooms.fit,
      a: () => overlay.toggle(),
      A: () => overlay.toggle(),
      n: () => overlay.step(1),
      N: () => overlay.step(-1),
      g: () => marks?.toggle("good"),
      f: () => marks?.toggle("faulty"),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  dialog.addEventListener("close", () => {
    overlay.clear();
    shots[at].focus();
  });
}
