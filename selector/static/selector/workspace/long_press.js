// A long press on a frame, the Shift-click of touch screens. A finger that moves scrolls instead: the
// browser then cancels the pointer.

const REST = 500; // milliseconds

export function enableHolding(root, held) {
  let touched = null;
  let timer = null;
  let isHeld = false;

  root.addEventListener("pointerdown", ({ target, pointerType }) => {
    letGo();
    isHeld = false;
    const cell = target.closest(".cell");
    if (pointerType !== "touch" || !cell || target.closest("button, a")) return;
    touched = cell;
    timer = setTimeout(hold, REST);
  });
  root.addEventListener("pointerup", letGo);
  root.addEventListener("pointercancel", letGo);
  // Some browsers open a menu for the image at about the same time.
  root.addEventListener("contextmenu", (event) => {
    if (!touched && !isHeld) return;
    event.preventDefault();
    if (touched) hold();
  });
  // Swallow the click that ends a long press.
  root.addEventListener("click", (event) => {
    if (isHeld) event.stopImmediatePropagation();
    isHeld = false;
  }, true);

  function hold() {
    const cell = touched;
    letGo();
    isHeld = true;
    held(cell);
  }

  function letGo() {
    clearTimeout(timer);
    touched = null;
  }
}
