// One frame, large: its original, and the thumbnail until that is loaded. Arrows go to the next frame
// in the order of the grid, Space chooses, + - 0 and the wheel zoom, A shows the annotations or hides
// them, N goes from object to object, Esc goes back. Touch: swipe, pinch.

import { address } from "../../portal/api.js";
import { Overlay } from "./overlay.js";
import { Zoom } from "./zoom.js";

const NOT_SHOWN_BY_BROWSERS = /\.tiff?$/i;

export class Viewer {
  constructor(dialog, { grid, choice, connection, api, jobId }) {
    this.dialog = dialog;
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
      if (clicks && dialog.open && !target.closest("a")) this.at("pick").focus();
    });
    document.addEventListener("keydown", (event) => dialog.open && this.#key(event));
    dialog.addEventListener("close", () => this.#closed());
    choice.addEventListener("change", () => dialog.open && this.#state());
    this.picture.addEventListener("load", () => this.#loaded());
    this.picture.addEventListener("error", () => this.#broken());
  }

  open(index) {
    this.index = index;
    this.dialog.showModal();
    this.#show();
    this.at("pick").focus();
  }

  step(by) {
    const place = this.grid.shown.placeOf[this.index] + by;
    if (place < 0 || place >= this.grid.shown.count) return;
    this.index = this.grid.shown.order[place];
    this.#show();
  }

  pick() {
    this.choice.set([this.index], !this.choice.has(this.index));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ArrowUp: () => this.step(-this.grid.layout.columns),
      ArrowDown: () => this.step(this.grid.layout.columns),
      Home: () => this.step(-this.grid.shown.placeOf[this.index]),
      End: () => this.step(this.grid.shown.count - 1 - this.grid.shown.placeOf[this.index]),
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
    this.#end("previous", this.grid.shown.placeOf[index] === 0);
    this.#end("next", this.grid.shown.placeOf[index] === this.grid.shown.count - 1);
    this.zoom.fit();
    this.picture.alt = name ? `Frame ${catalog.number[index]}, ${name}` : `Frame ${catalog.number[index]}`;
    this.#load();
    const jobId = this.jobId ?? catalog.job(index).id;
    const taskId = catalog.partOf(index).task.id;
    this.overlay.show({ taskId, jobId, frame: catalog.number[index], width, height });
    this.#state();
  }

  /** A button that is disabled has no keyboard to give on. */
  #end(name, isEnd) {
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
