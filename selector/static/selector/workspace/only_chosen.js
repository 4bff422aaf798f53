// The view of the chosen frames alone. What is taken out stays in view, so that it can be taken again,
// until other frames are chosen or the view is switched.

export class OnlyChosen extends EventTarget {
  #frames = null; // Bits of the frames in view; null: all

  /** @param button the switch
   * @param {import("./choice.js").Choice} choice */
  constructor(button, choice) {
    super();
    this.button = button;
    this.choice = choice;
    button.addEventListener("click", () => this.put(!this.isOn));
    choice.addEventListener("change", () => this.#changed());
  }

  get isOn() {
    return this.#frames !== null;
  }

  put(wanted) {
    if (wanted === this.isOn) return;
    this.button.setAttribute("aria-pressed", wanted);
    this.#show(wanted ? this.choice.copy() : null);
  }

  /** The frames to show, of those that another filter leaves; null for all.
   * @param {import("./bitset.js").Bits | null} frames */
  among(frames) {
    if (!this.#frames) return frames;
    return frames ? this.#frames.and(frames) : this.#frames;
  }

  #changed() {
    if (!this.isOn) return;
    const chosen = this.choice.copy();
    if (!chosen.and(this.#frames).equals(chosen)) this.#show(chosen);
  }

  #show(frames) {
    this.#frames = frames;
    this.dispatchEvent(new Event("filter"));
  }
}
