// Choosing with the mouse: a click chooses or removes a frame, a Shift-click all frames in between, a
// drag all frames under its band; a double click opens the large view. On touch screens a tap is a
// click, a long press a Shift-click, and a moving finger scrolls.

import { enableHolding } from "./long_press.js";

const FAR = 6; // pixels until a press is a drag
const EDGE = 48; // pixels from the edge of the window within which a drag scrolls it

export function enablePointing(grid, choice, { anchor, openLarge }) {
  const band = document.createElement("div");
  band.className = "band";
  band.hidden = true;
  grid.root.append(band);
  let press = null;

  grid.root.addEventListener("click", (event) => {
    const cell = event.target.closest(".cell");
    if (!cell) return;
    if (event.target.closest(".peek")) return openLarge(cell.index);
    if (press?.isDrag) return;
    anchor.take(cell.place, { ranged: event.shiftKey });
    grid.goto(cell.index);
  });

  // Its two clicks have chosen the frame and removed it again.
  grid.root.addEventListener("dblclick", ({ target, shiftKey }) => {
    const cell = target.closest(".cell");
    if (cell && !shiftKey && !target.closest(".peek")) openLarge(cell.index);
  });

  enableHolding(grid.root, (cell) => anchor.take(cell.place, { ranged: true }));

  grid.root.addEventListener("pointerdown", (event) => {
    press = null;
    if (event.pointerType === "touch" || event.button !== 0 || event.shiftKey) return;
    if (event.target.closest("button, a")) return;
    const place = event.target.closest(".cell")?.place ?? null;
    press = { start: point(event), last: event, place, isDrag: false };
    addEventListener("pointermove", moved);
    addEventListener("pointerup", released, { once: true });
    addEventListener("keydown", stopped, true);
  });

  function moved(event) {
    press.last = event;
    if (!press.isDrag) {
      const { x, y } = point(event);
      if (Math.hypot(x - press.start.x, y - press.start.y) < FAR) return;
      press.isDrag = true;
      press.wanted = press.place === null || !choice.has(grid.shown.order[press.place]);
      grid.root.classList.add("dragging");
      requestAnimationFrame(follow);
    }
  }

  /** Draws the band anew while the drag lasts, since the window may scroll under it. */
  function follow() {
    if (!press?.isDrag || press.isOver) return;
    const { top, bottom } = grid.scroller.getBoundingClientRect();
    const { clientY } = press.last;
    if (clientY < top + EDGE) grid.nudge((clientY - top - EDGE) / 3);
    if (clientY > bottom - EDGE) grid.nudge((clientY - bottom + EDGE) / 3);
    const box = dragged(press);
    draw(box);
    grid.setBand(placesIn(box));
    requestAnimationFrame(follow);
  }

  /** The rectangle between where a drag began and where it is. */
  function dragged({ start, last }) {
    const now = point(last);
    return {
      left: Math.min(start.x, now.x), right: Math.max(start.x, now.x),
      top: Math.min(start.y, now.y), bottom: Math.max(start.y, now.y),
    };
  }

  function placesIn(box) {
    const columns = grid.columnsBetween(box.left, box.right);
    return columns ? grid.layout.within(box.top, box.bottom, ...columns) : [];
  }

  function released(event) {
    const done = finish();
    if (!done?.isDrag) return;
    done.last = event; // the band may not have been drawn since the last move
    const places = placesIn(dragged(done));
    if (!places.length) return;
    choice.set(places.map((place) => grid.shown.order[place]), done.wanted);
    anchor.put(places.at(-1));
  }

  function stopped(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    removeEventListener("pointerup", released);
    finish();
  }

  function finish() {
    removeEventListener("pointermove", moved);
    removeEventListener("keydown", stopped, true);
    grid.root.classList.remove("dragging");
    band.hidden = true;
    const done = press;
    if (done) done.isOver = true;
    if (done?.isDrag) grid.setBand([]);
    // The click that follows a drag must still see the drag.
    setTimeout(() => (press = press === done ? null : press));
    return done;
  }

  function draw({ left, right, top, bottom }) {
    band.hidden = false;
    band.style.transform = `translate(${left}px, ${top - grid.map.shift}px)`;
    band.style.width = `${right - left}px`;
    band.style.height = `${bottom - top}px`;
  }

  /** Where in the grid, in real pixels from its very top. */
  function point({ clientX, clientY }) {
    const box = grid.root.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top + grid.map.shift };
  }
}
