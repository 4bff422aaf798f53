// Which frames to show and to draw from, by file name and number: the field above the grid, and the
// panel "File names and numbers".

import { readRange } from "./number_ranges.js";

export const FRAME_FILTERS = ["filename_contains", "filename_pattern", "first_frame", "last_frame"];
const RANGE = { id: "frame", label: "Frame numbers", most: 2 ** 31 - 1, scale: 1, isWhole: true };

export class FrameFilter extends EventTarget {
  /** @param {HTMLDetailsElement} root the panel
   * @param {HTMLInputElement} words the field above the grid */
  constructor(root, words) {
    super();
    this.root = root;
    this.words = words;
    const at = (id) => /** @type {HTMLInputElement} */ (root.querySelector(`#${id}`));
    this.pattern = at("filename-pattern");
    this.ends = { from: at("first-frame"), to: at("last-frame") };
    this.problem = ""; // of the typed numbers, which limit nothing until they are corrected
    this.values = /** @type {Record<string, any>} */ ({}); // with the keys of the API, of what limits
    for (const field of [words, this.pattern, ...Object.values(this.ends)]) {
      field.addEventListener("input", () => this.#read());
    }
    root.addEventListener("keydown", (event) => {
      // Enter does not draw.
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
    });
    this.#read();
  }

  get isSet() {
    return Object.keys(this.values).length > 0;
  }

  /** Take over these conditions instead of those that there are; as they are typed, or as the API has them.
   * @param {Record<string, any>} values */
  choose({ filename_contains: words = "", filename_pattern: pattern = "", first_frame: first = "", last_frame: last = "" }) {
    this.words.value = words;
    this.pattern.value = pattern;
    this.ends.from.value = String(first);
    this.ends.to.value = String(last);
    this.#read();
    if (this.#isPanelSet) this.root.open = true;
  }

  clear() {
    this.choose({});
  }

  /** What a frame must be like, such as “whose file name contains “left” and whose number is 0 to 99”. */
  get inWords() {
    const { filename_contains: words, filename_pattern: pattern, first_frame: first, last_frame: last } = this.values;
    const names = [words && `contains “${words}”`, pattern && `is like “${pattern}”`].filter(Boolean);
    const [from, to] = [first, last].map((number) => number?.toLocaleString("en"));
    const numbers = first === undefined ? `at most ${to}` : last === undefined ? `at least ${from}` : `${from} to ${to}`;
    const hasNumbers = first !== undefined || last !== undefined;
    return [
      names.length && `whose file name ${names.join(" and ")}`,
      hasNumbers && `whose number is ${numbers}`,
    ].filter(Boolean).join(" and ");
  }

  get #isPanelSet() {
    return Object.keys(this.values).some((name) => name !== "filename_contains") || this.problem !== "";
  }

  #read() {
    const words = this.words.value.trim().split(/\s+/).join(" ");
    const pattern = this.pattern.value.trim();
    const texts = { from: this.ends.from.value, to: this.ends.to.value };
    const { wrong, problem, ...range } = /** @type {Record<string, any>} */ (readRange(RANGE, texts));
    this.problem = problem;
    for (const [end, field] of Object.entries(this.ends)) field.setAttribute("aria-invalid", String(wrong.includes(end)));
    this.root.querySelector("#frame-problem").textContent = problem;
    const all = {
      filename_contains: words, filename_pattern: pattern, first_frame: range.frame_from, last_frame: range.frame_to,
    };
    this.values = Object.fromEntries(Object.entries(all).filter(([, value]) => (value ?? "") !== ""));
    /** @type {HTMLElement} */ (this.root.querySelector("#frame-filter-on")).hidden = !this.#isPanelSet;
    this.dispatchEvent(new Event("filter"));
  }
}
