// The frames that a draw left out because they look like others, beside these.

import { address } from "../../portal/api.js";
import { plural } from "./words.js";

const MOST_SHOWN = 60; // pairs

export class NearDuplicates {
  /** @param {HTMLDetailsElement} place @param {{api: string, connection: number, taskId: number | null}} data
   *   taskId null where frames of several tasks are chosen */
  constructor(place, { api, connection, taskId }) {
    this.place = place;
    this.named = ({ task_id: task, frame }) => (taskId ? `${frame}` : `${frame} of task ${task}`);
    this.url = ({ task_id: task, frame }) => address(`${api}tasks/${task}/frames/${frame}/thumbnail`, { connection });
  }

  hide() {
    this.place.hidden = true;
    this.place.querySelector("ul").replaceChildren();
  }

  /** @param answer of the API to a draw */
  show({ near_duplicates_count: count = 0, near_duplicates: pairs = [], unseen_count: unseen = 0 }) {
    if (!count && !unseen) return;
    const { place } = this;
    const without = unseen ? `; ${unseen.toLocaleString("en")} could not be compared` : "";
    place.querySelector("summary").textContent = `${plural(count, "near-duplicate")} left out${without}`;
    place.querySelector("ul").replaceChildren(...pairs.slice(0, MOST_SHOWN).map((pair) => this.#item(pair)));
    place.hidden = false;
  }

  #item({ frame, like, distance }) {
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = `${this.named(frame)} like ${this.named(like)}, ${plural(distance, "bit")} apart`;
    item.append(this.#picture(frame, `${this.named(frame)}, left out`), this.#picture(like, `${this.named(like)}, could be picked`), words);
    return item;
  }

  #picture(frame, words) {
    const image = document.createElement("img");
    image.loading = "lazy";
    image.src = this.url(frame);
    image.alt = `Frame ${words}`;
    image.title = frame.filename;
    return image;
  }
}
