// From where a range is meant: the frame touched last, and whether it was taken or left.

export class Anchor {
  constructor(grid, choice) {
    this.grid = grid;
    this.choice = choice;
    this.place = null;
  }

  /** Take or leave a frame; ranged, everything from the anchor to it, as the anchor is. */
  take(place, { ranged = false } = {}) {
    const { order } = this.grid.shown;
    if (ranged && this.place !== null && this.place < order.length) {
      const [from, to] = [Math.min(this.place, place), Math.max(this.place, place)];
      this.choice.set(order.subarray(from, to + 1), this.choice.has(order[this.place]));
    } else {
      this.choice.set([order[place]], !this.choice.has(order[place]));
    }
    this.place = place;
  }

  /** With Shift and a key: the range grows from where the keyboard is. */
  stretch(from, to) {
    const { order } = this.grid.shown;
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    this.choice.set(order.subarray(first, last + 1), true);
    this.place = to;
  }
}
