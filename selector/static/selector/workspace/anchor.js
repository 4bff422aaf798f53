// The start of a range: the frame clicked last, and whether it was chosen or removed. Stored as an
// index in the catalogue, since a filter moves the frames to other positions.

export class Anchor {
  #stretch = null; // the range that Shift and the keys last made, while nothing else has happened

  constructor(grid, choice) {
    this.grid = grid;
    this.choice = choice;
    this.index = null;
  }

  /** Take or leave a frame; ranged, everything from the anchor to it, as the anchor is. */
  take(place, { ranged = false } = {}) {
    const { order, placeOf } = this.grid.shown;
    const from = ranged && this.index !== null ? placeOf[this.index] : -1;
    if (from >= 0) {
      this.choice.set(between(order, from, place), this.choice.has(this.index));
    } else {
      this.choice.set([order[place]], !this.choice.has(order[place]));
    }
    this.index = order[place];
  }

  /** The next range begins here. */
  put(place) {
    this.index = this.grid.shown.order[place];
    this.#stretch = null;
  }

  /** With Shift and a key: the range goes from where the keyboard was at the first of them to
   * where it is now. What it has left again is as it was before. */
  stretch(from, to) {
    const { choice } = this;
    const { shown } = this.grid;
    const { order } = shown;
    const stretch = this.#goesOn(from) ? this.#stretch : { shown, from, to: from, before: choice.copy() };
    const [first, last] = ends(stretch.from, to);
    const touched = between(order, Math.min(first, stretch.to), Math.max(last, stretch.to));
    choice.set(touched, (index) => {
      const place = shown.placeOf[index];
      return (place >= first && place <= last) || stretch.before.has(index);
    });
    this.index = order[to];
    this.#stretch = { ...stretch, to, after: choice.remember() };
  }

  #goesOn(from) {
    const stretch = this.#stretch;
    return (
      stretch !== null &&
      stretch.to === from &&
      stretch.shown === this.grid.shown &&
      this.choice.is(stretch.after)
    );
  }
}

function ends(one, other) {
  return one < other ? [one, other] : [other, one];
}

function between(order, one, other) {
  const [first, last] = ends(one, other);
  return order.subarray(first, last + 1);
}
