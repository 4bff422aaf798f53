// One frame, large: its original, and the thumbnail until that is loaded. Arrows go to the next frame
// in the order of the grid, of several tasks also to one that is not loaded yet, Space chooses, + - 0 and the wheel zoom, A shows the annotations or hides
// them, N goes from object to object, Esc goes back. Touch: swipe, pinch.

import { address } from "../../portal/api.js";
import { Overlay } from "./overlay.js";
import { Zoom } from "./zoom.js";
import { plural } from "./words.js";

const NOT_SHOWN_BY_BROWSERS = /\.tiff?$/i;
const MOST_LOADED = 10; // tasks at one press of a key, while none of their frames is shown

export class Viewer {
  #going = null; // the last step, which may wait for a task

  /** @param dialog
   * @param {{load: (task: object) => Promise<void>} & Record<string, any>} parts `load`: have the grid
   *   show the frames of a task that are not loaded yet */
  constructor(dialog, { grid, choice, load, connection, api, jobId }) {
    this.dialog = dialog;
    this.load = load;
    this.grid = grid;
    this.choice = choice;
    this.connection = connection;
    this.api = api;
    this.jobId = jobId; // that was opened, or null
    this.catalog = choice.catalog;
    this.at = (id) => document.getElementById(`viewer-${id}`);
    this.picture = this.at("picture");
    this.zoom = new Zoom(this.at("stage"), this.picture);
    const { at, picture, zoom } = this;
    this.overlay = new Overlay({ at, stage: at("stage"), picture, zoom, connection, api });
    this.at("previous").addEventListener("click", () => this.step(-1));
    this.at("next").addEventListener("click", () => this.step(1));
    this.at("pick").addEventListener("click", () => this.pick());
    this.at("larger").addEventListener("click", () => this.zoom.by(1.5));
    this.at("smaller").addEventListener("click", () => this.zoom.by(1 / 1.5));
    this.at("fit").addEventListener("click", () => this.zoom.fit());
    this.at("close").addEventListener("click", () => dialog.close());
    this.zoom.addEventListener("swipe", ({ detail }) => this.step(detail));
    // The keys act on the frame: a click must not move the focus away from where Space chooses.
    dialog.addEventListener("click", ({ detail: clicks, target }) => {
      if (clicks && dialog.open && !target.closest("a, select")) this.at("pick").focus();
    });
    document.addEventListener("keydown", (event) => dialog.open && this.#key(event));
    dialog.addEventListener("close", () => this.#closed());
    this.at("results").addEventListener("change", () => {
      if (!dialog.open) return;
      this.#showObjects();
      this.at("pick").focus();
    });
    choice.addEventListener("change", () => dialog.open && this.#state());
    this.picture.addEventListener("load", () => this.#loaded());
    this.picture.addEventListener("error", () => this.#broken());
  }

  open(index) {
    this.#going = null;
    this.index = index;
    this.dialog.showModal();
    this.#show();
    this.at("pick").focus();
  }

  /** Go on by so many frames, or back. */
  step(by) {
    const side = Math.sign(by);
    const target = () => this.grid.shown.order[this.grid.shown.placeOf[this.index] + by];
    const isBefore = (task) => target() === undefined || (this.catalog.taskOf(target()).at - task.at) * side > 0;
    return this.#go(target, () => this.catalog.unloadedFrom(this.index, side).find(isBefore));
  }

  /** Go to the last frame, or with -1 to the first one. */
  toEnd(side) {
    const target = () => this.grid.shown.order.at(side > 0 ? -1 : 0);
    return this.#go(target, () => this.catalog.unloadedFrom(target(), side).at(-1));
  }

  /** Go to a frame of the grid, which becomes another one with the tasks that are loaded before.
   * @param {() => number | undefined} target index of the frame, if there is one
   * @param {() => object | undefined} missing the next task to load */
  async #go(target, missing) {
    const going = (this.#going = {});
    let [loaded, failure] = [0, ""];
    for (let task = missing(); task && loaded < MOST_LOADED; task = missing()) {
      this.at("said").textContent = `Loading ${task.name || `task ${task.id}`}…`;
      try {
        await this.load(task);
      } catch (error) {
        failure = error.message;
      }
      if (going !== this.#going || !this.dialog.open) return;
      loaded += 1;
    }
    const index = target();
    if (index === undefined || index === this.index) {
      if (loaded) this.at("said").textContent = failure || `No frame of the next ${plural(loaded, "task")} is shown.`;
    } else {
      this.index = index;
      this.#show();
    }
  }

  pick() {
    this.choice.set([this.index], !this.choice.has(this.index));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
    const act = {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ArrowUp: () => this.step(-this.grid.layout.columns),
      ArrowDown: () => this.step(this.grid.layout.columns),
      Home: () => this.toEnd(-1),
      End: () => this.toEnd(1),
      " ": () => this.pick(),
      "+": () => this.zoom.by(1.5),
      "=": () => this.zoom.by(1.5),
      "-": () => this.zoom.by(1 / 1.5),
      0: () => this.zoom.fit(),
      a: () => this.overlay.toggle(),
      A: () => this.overlay.toggle(),
      n: () => this.overlay.step(1),
      N: () => this.overlay.step(-1),
    }[event.key];
    if (!act || (event.key === " " && event.target.matches("button:not(.pick), a"))) return;
    event.preventDefault();
    act();
  }

  #show() {
    const { catalog, index } = this;
    const name = catalog.name(index);
    const [width, height] = [catalog.width[index], catalog.height[index]];
    this.at("title").textContent = `Frame ${catalog.number[index]}`;
    this.at("name").textContent = name;
    this.at("facts").textContent = [
      catalog.taskWords(index),
      `Job ${catalog.job(index).id}`,
      width && height ? `${width}×${height}` : "",
      `${(this.grid.shown.placeOf[index] + 1).toLocaleString("en")} of ${this.grid.shown.count.toLocaleString("en")}`,
    ].filter(Boolean).join(" · ");
    this.at("cvat").href = catalog.link(index);
    this.#end("previous", -1);
    this.#end("next", 1);
    this.zoom.fit();
    this.picture.alt = name ? `Frame ${catalog.number[index]}, ${name}` : `Frame ${catalog.number[index]}`;
    this.#load();
    this.#showObjects();
    this.#state();
  }

  /** Those of the task, or the results of a publication on its frame. */
  #showObjects() {
    const { catalog, index } = this;
    const jobId = this.jobId ?? catalog.job(index).id;
    const taskId = catalog.partOf(index).task.id;
    const [width, height] = [catalog.width[index], catalog.height[index]];
    const publicationId = this.at("results").value;
    this.overlay.show({ taskId, jobId, frame: catalog.number[index], width, height, publicationId });
  }

  /** A button that is disabled has no keyboard to give on. */
  #end(name, side) {
    const { order, placeOf } = this.grid.shown;
    const isLast = order[placeOf[this.index] + side] === undefined;
    const isEnd = isLast && !this.catalog.unloadedFrom(this.index, side).length;
    if (isEnd && document.activeElement === this.at(name)) this.at("pick").focus();
    this.at(name).disabled = isEnd;
  }

  /** The thumbnail at once, then the original in its place. */
  #load() {
    const small = this.grid.pictureOf(this.index);
    this.isLarge = !small?.url;
    this.at("said").textContent = "Loading…";
    this.picture.hidden = false;
    this.picture.classList.toggle("small", Boolean(small?.url));
    this.picture.src = small?.url ?? this.#address(this.index);
  }

  #loaded() {
    if (this.isLarge) {
      this.at("said").textContent = "";
      this.picture.classList.remove("small");
      this.#preload(1);
      return;
    }
    const { index } = this;
    this.large?.removeAttribute("src");
    this.large = new Image();
    this.large.addEventListener("load", () => this.#large(index));
    this.large.addEventListener("error", () => index === this.index && this.#failed());
    this.large.src = this.#address(index);
  }

  #large(index) {
    if (index !== this.index || !this.dialog.open) return;
    this.isLarge = true;
    this.picture.src = this.large.src;
  }

  /** The original may do where the thumbnail does not; what no picture came of is not shown. */
  #broken() {
    if (!this.dialog.open || !this.picture.getAttribute("src")) return;
    this.picture.hidden = this.isLarge;
    if (this.isLarge) return this.#failed();
    this.isLarge = true;
    this.picture.src = this.#address(this.index);
  }

  #failed() {
    if (!this.dialog.open || !this.picture.getAttribute("src")) return;
    this.at("said").textContent = "CVAT does not give this picture, or it is none that can be shown.";
  }

  /** The frame after this one is probably the next to be looked at. */
  #preload(by) {
    const next = this.grid.shown.order[this.grid.shown.placeOf[this.index] + by];
    if (next !== undefined) new Image().src = this.#address(next);
  }

  #address(index) {
    const { catalog, connection } = this;
    const quality = NOT_SHOWN_BY_BROWSERS.test(catalog.name(index)) ? "compressed" : "original";
    const { task, version } = catalog.partOf(index);
    const path = `${this.api}tasks/${task.id}/frames/${catalog.number[index]}/image`;
    return address(path, { quality, connection, v: version });
  }

  #state() {
    const chosen = this.choice.has(this.index);
    this.at("pick").setAttribute("aria-pressed", chosen);
    this.at("pick").textContent = chosen ? "Chosen" : "Choose";
  }

  #closed() {
    this.large?.removeAttribute("src");
    this.picture.removeAttribute("src");
    this.overlay.clear();
    // The browser returns the focus to the frame; take it from no other element.
    const focus = document.activeElement?.matches("body, .cell, .peek") ?? true;
    this.grid.goto(this.index, { focus });
  }
}
