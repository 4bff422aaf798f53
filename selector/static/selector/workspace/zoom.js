// Looking closer at a picture: the wheel, keys and buttons zoom, dragging moves it.

const MOST = 16;

export class Zoom {
  constructor(stage, picture) {
    Object.assign(this, { stage, picture });
    this.fit();
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#pressed(event));
    stage.addEventListener("dblclick", (event) => {
      if (this.scale > 1) this.fit();
      else this.by(3, this.#from(event));
    });
  }

  fit() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
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
    if (this.scale === 1 || event.button !== 0) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    const [x, y] = [event.clientX - this.x, event.clientY - this.y];
    const move = (moved) => {
      [this.x, this.y] = [moved.clientX - x, moved.clientY - y];
      this.#apply();
    };
    this.stage.addEventListener("pointermove", move);
    this.stage.addEventListener(
      "lostpointercapture",
      () => this.stage.removeEventListener("pointermove", move),
      { once: true },
    );
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
  }
}
