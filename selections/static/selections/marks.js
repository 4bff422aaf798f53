// The mark of the frame in the large view: verdict, tags and comment. What is changed is saved at
// once, by the API: nothing that was typed is lost on the way to the next frame.

import { post } from "../portal/api.js";

export class Marks {
  #form;
  #said;
  #shot;
  #sending = Promise.resolve(); // one after the other: answers come in the order of the changes

  constructor(form) {
    this.#form = form;
    this.#said = form.querySelector("[data-said]");
    form.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-verdict]");
      if (button) this.toggle(button.dataset.verdict);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => this.#save({}));
  }

  /** Show the mark of a picture of the grid. */
  show(shot) {
    this.#shot = shot;
    const { verdict, tags, comment } = shot.dataset;
    this.#form.elements.tags.value = tags;
    this.#form.elements.comment.value = comment;
    this.#press(verdict);
    this.#said.textContent = "";
  }

  /** Give the frame this verdict, or none if it has this one. */
  toggle(verdict) {
    this.#save({ verdict: this.#shot.dataset.verdict === verdict ? "" : verdict });
  }

  #press(verdict) {
    for (const button of this.#form.querySelectorAll("[data-verdict]")) {
      button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
    }
  }

  /** Save what is in the fields, with other changes. */
  #save(others) {
    const shot = this.#shot;
    const { tags, comment } = this.#form.elements;
    const words = tags.value.split(",").map((tag) => tag.trim());
    const wanted = { tags: words.filter(Boolean), comment: comment.value.trim(), ...others };
    this.#sending = this.#sending.then(() => this.#send(shot, wanted));
  }

  async #send(shot, wanted) {
    const changes = differing(shot, wanted);
    if (!Object.keys(changes).length) return;
    const frames = [{ task_id: Number(shot.dataset.task), frame: Number(shot.dataset.frame) }];
    try {
      const { marks } = await post(this.#form.dataset.marks, { frames, ...changes });
      remember(shot, marks[0]);
      if (shot !== this.#shot) return;
      this.#press(shot.dataset.verdict);
      this.#said.textContent = "Saved.";
    } catch (error) {
      if (shot === this.#shot) this.#said.textContent = error.message;
    }
  }
}

/** What differs from the mark that the page shows: the rest may have been changed by others. */
function differing(shot, wanted) {
  const given = Object.entries(wanted);
  return Object.fromEntries(given.filter(([name, value]) => text(value) !== shot.dataset[name]));
}

const text = (value) => (Array.isArray(value) ? value.join(", ") : value);

/** Show the mark below its picture in the grid. */
function remember(shot, { verdict, tags, comment }) {
  Object.assign(shot.dataset, { verdict, tags: text(tags), comment });
  const line = shot.parentElement.querySelector(".shot-mark");
  line.textContent = [verdict, tags.join(", "), comment].filter(Boolean).join(" · ");
  line.className = `shot-mark small ${verdict}`;
  line.removeAttribute("title");
}
