// The numbers that a draw method takes beside its amount, such as the step of "every n-th frame".

import { asNumber } from "./amounts.js";
import { METHODS } from "./draw_methods.js";

export class MethodSettings {
  /** @param {HTMLElement} place with a field for each setting of any method */
  constructor(place) {
    this.fields = new Map([...place.querySelectorAll("[data-setting]")].map((field) => [field.dataset.setting, field]));
  }

  /** The names of the settings of all methods. */
  static get names() {
    return [...METHODS.values()].flatMap(({ settings }) => settings.map(({ name }) => name));
  }

  /** Show the fields of this method alone. */
  show(method) {
    const own = new Set(names(method));
    for (const [name, field] of this.fields) field.hidden = !own.has(name);
  }

  /** What is typed, as the API takes it, by name. */
  values(method) {
    return Object.fromEntries(names(method).map((name) => [name, asNumber(this.#input(name).value)]));
  }

  /** What is typed, as text, by name. */
  texts(method) {
    return Object.fromEntries(names(method).map((name) => [name, this.#input(name).value.trim()]));
  }

  /** Fill the fields of the settings that are among these values. */
  fill(values) {
    for (const name of this.fields.keys()) {
      if (values[name] !== undefined) this.#input(name).value = values[name];
    }
  }

  #input(name) {
    return this.fields.get(name).querySelector("input");
  }
}

function names(method) {
  return METHODS.get(method)?.settings.map(({ name }) => name) ?? [];
}
