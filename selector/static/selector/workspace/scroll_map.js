// Browsers limit elements to 17 to 33 million pixels, and 100,000 large images are higher. So the
// scrolled element is at most TALLEST high. Its first and last EDGE pixels map one to one, the pixels
// between in proportion. While one scrolls by hand `shift` is constant, so that every step is exact; a
// jump (the bar dragged) and a pause restore the proportion. Pure.

export const TALLEST = 8_000_000;
const EDGE = 200_000;

export class ScrollMap {
  constructor(tallest = TALLEST) {
    this.tallest = tallest;
    this.shift = 0; // the real top is `shift` below the scrolled one
    this.scrolled = 0;
    this.resize(0, 0);
  }

  /** The whole height and that of the window on it. */
  resize(height, view) {
    this.view = view;
    this.physical = Math.min(height, this.tallest);
    this.range = Math.max(0, this.physical - view);
    this.whole = Math.max(0, height - view);
    this.edge = Math.min(EDGE, this.range / 4);
    if (height <= this.tallest) this.shift = 0;
  }

  /** Told where the element has been scrolled to; answers the real top. */
  moved(scrolled) {
    const isJump = Math.abs(scrolled - this.scrolled) > this.view * 3;
    const isAtEdge = scrolled <= 0 || scrolled >= this.range;
    this.scrolled = scrolled;
    if (isJump || isAtEdge) this.shift = this.#real(scrolled) - scrolled;
    return this.#bounded(scrolled + this.shift);
  }

  /** Where to scroll the element for this real top. */
  goto(top) {
    const wanted = this.#bounded(top);
    this.scrolled = Math.round(this.#scrolled(wanted));
    this.shift = wanted - this.scrolled;
    return this.scrolled;
  }

  #bounded(top) {
    return Math.min(Math.max(top, 0), this.whole);
  }

  #real(scrolled) {
    if (scrolled <= this.edge) return scrolled;
    if (scrolled >= this.range - this.edge) return this.whole - (this.range - scrolled);
    return this.edge + (scrolled - this.edge) * this.#factor;
  }

  #scrolled(top) {
    if (top <= this.edge) return top;
    if (top >= this.whole - this.edge) return this.range - (this.whole - top);
    return this.edge + (top - this.edge) / this.#factor;
  }

  get #factor() {
    const [real, scrolled] = [this.whole - 2 * this.edge, this.range - 2 * this.edge];
    return scrolled > 0 ? real / scrolled : 1;
  }
}
