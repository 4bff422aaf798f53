// The annotations of a frame over its picture in the large view: drawn, counted, switched on and off
// by label. Without them the picture is shown all the same.

import { address, get, whileBusy } from "../../portal/api.js";
import { elementsOf, inOrder, placement } from "./object_shapes.js";
import { remember, remembered } from "./memory.js";
import { COLOR, SVG } from "./svg.js";
import { plural } from "./words.js";

const MEMORY = "annotations"; // in localStorage: "off", or nothing
const KEPT_ANSWERS = 30;
const MANY = 300; // objects that are not drawn anew for each step of a zoom
const REST = 120; // ms without another step, until they are

export class Overlay {
  #answers = new Map(); // by address, the oldest first
  #hidden = new Set(); // ids of labels
  #frame = null; // {url, width, height} that is looked at
  #shown = null; // its answer
  #current = null; // the object under the pointer or the keyboard
  #request = null;
  #objectOf = new WeakMap(); // by its element
  #drawnAt = null; // the placement that the drawing was made for
  #resting = null;

  constructor({ at, stage, picture, zoom, connection, api }) {
    this.at = at;
    this.stage = stage;
    this.picture = picture;
    this.zoom = zoom;
    this.connection = connection;
    this.api = api;
    this.svg = at("overlay");
    this.group = this.svg.querySelector("g");
    this.isOn = remembered(MEMORY) !== "off";
    at("annotations").addEventListener("click", () => this.toggle());
    at("annotations-again").addEventListener("click", () => this.#load());
    at("labels").addEventListener("click", ({ target }) => this.#labelClicked(target.closest("button")));
    this.svg.addEventListener("pointerover", ({ target }) => this.#point(target.closest(".object")));
    this.svg.addEventListener("pointerout", () => this.#point(null));
    zoom.addEventListener("placed", () => this.#place());
    picture.addEventListener("load", () => this.#place());
    new ResizeObserver(() => this.#place()).observe(stage);
    this.#state();
  }

  /** Show what is annotated on a frame of a task. `jobId` is the job that it is looked at in; `width`
   * and `height` are CVAT's, 0 if unknown. With `publicationId` show the results of that publication
   * on the frame. */
  show({ taskId, jobId, frame, width, height, publicationId = "" }) {
    const url = publicationId
      ? address(`${this.api}publications/${publicationId}/annotations`, { task_id: taskId, frame })
      : address(`${this.api}tasks/${taskId}/annotations`, { frame, job_id: jobId, connection: this.connection });
    this.#frame = { url, width, height };
    this.#load();
  }

  clear() {
    this.#request?.abort();
    this.#frame = null;
    this.#draw(null);
  }

  toggle() {
    this.isOn = !this.isOn;
    remember(MEMORY, this.isOn ? null : "off");
    this.#state();
    this.#load();
  }

  /** Make the next visible object the current one, or with -1 the one before. */
  step(by) {
    const objects = [...this.group.children];
    if (!objects.length) return;
    const from = objects.indexOf(this.#current);
    const to = from < 0 && by < 0 ? objects.length - 1 : from + by;
    this.#point(objects[(to + objects.length) % objects.length]);
  }

  async #load() {
    this.#request?.abort();
    this.#draw(null);
    if (!this.isOn || !this.#frame) return;
    const request = new AbortController();
    this.#request = request;
    const { url } = this.#frame;
    const { signal } = request;
    this.#say(this.#answers.has(url) ? "" : "Reading the annotations…");
    try {
      const answer = this.#answers.get(url) ?? (await whileBusy(() => get(url, { signal }), { signal }));
      if (signal.aborted) return;
      this.#remember(url, answer);
      this.#draw(answer);
    } catch (error) {
      if (signal.aborted) return;
      const isWorthRetrying = error.status !== 404;
      this.#say(`The annotations cannot be shown. ${error.message}`, { failed: isWorthRetrying });
    }
  }

  #remember(url, answer) {
    this.#answers.delete(url);
    this.#answers.set(url, answer);
    if (this.#answers.size > KEPT_ANSWERS) this.#answers.delete(this.#answers.keys().next().value);
  }

  #draw(answer) {
    this.#shown = answer;
    this.#point(null);
    this.#drawObjects();
    this.#listLabels();
    if (!answer) return this.#say("");
    const { objects, problems_count: unread } = answer;
    const parts = [objects.length ? plural(objects.length, "object") : "No objects on this frame"];
    if (unread) parts.push(`${unread.toLocaleString("en")} could not be read`);
    this.#say(parts.join(", "));
  }

  #drawObjects() {
    const { objects = [], labels = [] } = this.#shown ?? {};
    this.labels = new Map(labels.map((label) => [label.id, label]));
    const visible = objects.filter((object) => !this.#hidden.has(object.label_id));
    const picture = this.#size();
    const drawn = inOrder(visible).flatMap((object) => {
      const { edges } = this.labels.get(object.label_id) ?? {};
      const elements = elementsOf(object, { edges, picture });
      return elements.length ? [this.#drawn(object, elements)] : [];
    });
    this.group.replaceChildren(...drawn);
    const tags = visible.filter((object) => object.type === "tag");
    this.at("tags").replaceChildren(...tags.map((tag) => this.#tag(tag)));
    this.#drawnAt = null;
    this.#place();
  }

  #drawn(object, elements) {
    const group = document.createElementNS(SVG, "g");
    group.classList.add("object");
    group.dataset.type = object.type;
    group.classList.toggle("occluded", object.occluded);
    this.#color(group, object.label_id);
    for (const { name, kind, ...attributes } of elements) {
      const element = document.createElementNS(SVG, name);
      element.classList.add(kind);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      group.append(element);
    }
    this.#objectOf.set(group, object);
    return group;
  }

  #tag(tag) {
    const item = document.createElement("li");
    const values = tag.attributes.map(({ name, value }) => `${name}: ${value}`);
    item.textContent = [this.labels.get(tag.label_id)?.name, ...values].join(" · ");
    this.#color(item, tag.label_id);
    return item;
  }

  #color(element, labelId) {
    const color = this.labels.get(labelId)?.color ?? "";
    if (COLOR.test(color)) element.style.setProperty("--label", color);
  }

  /** A button for each label that is on the frame. */
  #listLabels() {
    const counts = new Map();
    for (const { label_id: id } of this.#shown?.objects ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
    const buttons = [...counts].sort(([a], [b]) => a - b).map(([id, count]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "overlay-label";
      button.dataset.label = id;
      button.setAttribute("aria-pressed", !this.#hidden.has(id));
      button.textContent = `${this.labels.get(id)?.name ?? id} ${count.toLocaleString("en")}`;
      button.title = "Show or hide this label";
      this.#color(button, id);
      return button;
    });
    this.at("labels").replaceChildren(...buttons);
  }

  #labelClicked(button) {
    if (!button) return;
    const id = Number(button.dataset.label);
    if (!this.#hidden.delete(id)) this.#hidden.add(id);
    button.setAttribute("aria-pressed", !this.#hidden.has(id));
    this.#point(null);
    this.#drawObjects();
  }

  #point(element) {
    this.#current?.classList.remove("current");
    this.#current = element;
    element?.classList.add("current");
    this.at("object").textContent = element ? this.#words(this.#objectOf.get(element)) : "";
  }

  #words(object) {
    const label = this.labels.get(object.label_id)?.name ?? "";
    const number = object.track_id === null ? `${object.type} ${object.id}` : `${object.type}, track ${object.track_id}`;
    return [
      `${label} (${number})`,
      ...object.attributes.map(({ name, value }) => `${name}: ${value}`),
      object.occluded ? "occluded" : "",
      object.source === "manual" ? "" : `source: ${object.source}`,
    ].filter(Boolean).join("\n");
  }

  /** Lay the drawing over the picture, wherever zooming has put that. A drawing of many objects is
   * moved and scaled as a whole, and drawn anew at rest: that takes longer than a frame. */
  #place({ isAtRest = false } = {}) {
    const picture = this.#size();
    if (!picture.width || !picture.height || !this.group.childElementCount) return;
    clearTimeout(this.#resting);
    const stage = { width: this.stage.clientWidth, height: this.stage.clientHeight };
    const now = placement(stage, picture, this.zoom);
    const isMany = this.group.childElementCount > MANY;
    this.svg.classList.toggle("many", isMany);
    if (isMany && this.#drawnAt && !isAtRest) {
      const grown = now.scale / this.#drawnAt.scale;
      const [x, y] = [now.x - grown * this.#drawnAt.x, now.y - grown * this.#drawnAt.y];
      this.svg.style.transform = `matrix(${grown}, 0, 0, ${grown}, ${x}, ${y})`;
      this.#resting = setTimeout(() => this.#place({ isAtRest: true }), REST);
      return;
    }
    this.#drawnAt = now;
    this.svg.style.transform = "";
    this.group.setAttribute("transform", `matrix(${now.scale} 0 0 ${now.scale} ${now.x} ${now.y})`);
  }

  #size() {
    const { width, height } = this.#frame ?? {};
    if (width && height) return { width, height };
    return { width: this.picture.naturalWidth, height: this.picture.naturalHeight };
  }

  #state() {
    this.at("annotations").setAttribute("aria-pressed", this.isOn);
    this.svg.toggleAttribute("hidden", !this.isOn);
  }

  #say(text, { failed = false } = {}) {
    this.at("annotations-said").textContent = text;
    this.at("annotations-again").hidden = !failed;
  }
}
