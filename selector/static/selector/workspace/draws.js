// The results of the draws of this page, so that another draw can continue one. A draw is identified
// by the object in the choice: undo restores it, clearing removes it. Pure.

export class Draws {
  #known = new WeakMap();

  constructor(choice) {
    this.choice = choice;
  }

  /** @param {{manner: string, seed: number, amount: number,
   *   frames: {frame: number, task_id?: number}[]}} facts */
  note(draw, facts) {
    this.#known.set(draw, facts);
  }

  /** The draw that the choice stems from, if one of this manner and seed goes on with it. */
  before({ manner, seed }) {
    const last = this.#last();
    return last && last.manner === manner && last.seed === seed ? last : null;
  }

  /** The frames that were drawn and have been taken out by hand since. */
  refused() {
    const { choice } = this;
    const frames = this.#last()?.frames ?? [];
    return frames.filter((each) => !choice.has(choice.catalog.find(each.frame, each.task_id)));
  }

  #last() {
    return this.#known.get(this.choice.draw) ?? null;
  }
}
