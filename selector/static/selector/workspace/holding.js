// A finger that rests on a frame, for which there is no Shift. One that moves scrolls: the browser
// then takes the pointer away.

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
  // Some browsers offer a menu for the picture at about the same time.
  root.addEventListener("contextmenu", (event) => {
    if (!touched && !isHeld) return;
    event.preventDefault();
    if (touched) hold();
  });
  // The click at the end of it is none.
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
