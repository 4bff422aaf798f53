// The results of the draws of this page, so that another draw can continue one. A draw is identified
// by the object in the choice: undo restores it, clearing removes it. Pure.

export class Draws {
  #known = new WeakMap();

  constructor(choice) {
    this.choice = choice;
  }

  /** @param {{manner: string, seed: number, amount: number, numbers: number[]}} facts */
  note(draw, facts) {
    this.#known.set(draw, facts);
  }

  /** The draw that the choice stems from, if one of this manner and seed goes on with it. */
  before({ manner, seed }) {
    const last = this.#last();
    return last && last.manner === manner && last.seed === seed ? last : null;
  }

  /** The frame numbers that were drawn and have been taken out by hand since. */
  refused() {
    const { choice } = this;
    const numbers = this.#last()?.numbers ?? [];
    return new Set(numbers.filter((number) => !choice.has(choice.catalog.find(number))));
  }

  #last() {
    return this.#known.get(this.choice.draw) ?? null;
  }
}
