// Zooms an image by the wheel, keys, buttons and two fingers; dragging moves it. A finger that drags an
// image which is wholly visible swipes: a "swipe" event has the direction. A "placed" event follows every
// change of scale, x and y.

const MOST = 16;
const SWIPE = 40; // pixels that a finger goes at least

export class Zoom extends EventTarget {
  #pointers = new Map(); // those that are down, by their ids
  #swipe = null; // where a finger came down that may be swiping

  constructor(stage, picture) {
    super();
    this.stage = stage;
    this.picture = picture;
    this.fit();
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#pressed(event));
    stage.addEventListener("pointermove", (event) => this.#moved(event));
    stage.addEventListener("pointerup", (event) => this.#released(event));
    stage.addEventListener("lostpointercapture", (event) => this.#lost(event));
    stage.addEventListener("dblclick", (event) => {
      if (this.scale > 1) this.fit();
      else this.by(3, this.#from(event));
    });
  }

  fit() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.#apply();
  }

  /** @param from the point that stays where it is, counted from the middle of the stage */
  by(factor, from = { x: 0, y: 0 }) {
    const scale = Math.min(Math.max(this.scale * factor, 1), MOST);
    const grown = scale / this.scale;
    this.x = from.x - (from.x - this.x) * grown;
    this.y = from.y - (from.y - this.y) * grown;
    this.scale = scale;
    this.#apply();
  }

  #wheel(event) {
    event.preventDefault();
    this.by(Math.exp(-event.deltaY / 400), this.#from(event));
  }

  #pressed(event) {
    const isMouse = event.pointerType === "mouse";
    if (isMouse && (this.scale === 1 || event.button !== 0)) return;
    if (isMouse) event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event);
    this.#swipe = !isMouse && this.#pointers.size === 1 && this.scale === 1 ? event : null;
  }

  #moved(event) {
    if (!this.#pointers.has(event.pointerId)) return;
    const before = this.#grip();
    this.#pointers.set(event.pointerId, event);
    if (this.#swipe) return;
    const now = this.#grip();
    this.x += now.x - before.x;
    this.y += now.y - before.y;
    this.by(now.spread / before.spread, now);
  }

  #released({ clientX, clientY }) {
    if (!this.#swipe) return;
    const across = clientX - this.#swipe.clientX;
    const down = clientY - this.#swipe.clientY;
    if (Math.abs(across) < SWIPE || Math.abs(across) < 2 * Math.abs(down)) return;
    this.dispatchEvent(new CustomEvent("swipe", { detail: across < 0 ? 1 : -1 }));
  }

  #lost({ pointerId }) {
    this.#pointers.delete(pointerId);
    this.#swipe = null;
  }

  /** The middle of the pointers that are down, and how far apart two of them are. */
  #grip() {
    const [one, other = one] = [...this.#pointers.values()].map((event) => this.#from(event));
    return {
      x: (one.x + other.x) / 2,
      y: (one.y + other.y) / 2,
      spread: Math.hypot(one.x - other.x, one.y - other.y) || 1,
    };
  }

  #from({ clientX, clientY }) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  #apply() {
    const [across, down] = [this.stage.clientWidth, this.stage.clientHeight];
    const room = (this.scale - 1) / 2;
    this.x = Math.min(Math.max(this.x, -across * room), across * room);
    this.y = Math.min(Math.max(this.y, -down * room), down * room);
    this.picture.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.stage.classList.toggle("zoomed", this.scale > 1);
    this.dispatchEvent(new Event("placed"));
  }
}
