// Choosing with the keyboard, in the grid; undo and redo anywhere on the page but in a field.

export function enableKeys(grid, choice, { anchor, openLarge }) {
  grid.root.addEventListener("keydown", (event) => {
    if (!event.target.matches(".cell")) return;
    const { place, index } = event.target;
    const act = action(event, grid, place);
    if (act === null) return;
    event.preventDefault();
    if (typeof act === "number") {
      const to = Math.min(Math.max(act, 0), grid.layout.count - 1);
      if (event.shiftKey) anchor.stretch(place, to);
      else anchor.put(to);
      grid.goto(grid.shown.order[to]);
    } else if (act === "take") {
      anchor.take(place, { ranged: event.shiftKey });
    } else if (act === "all") {
      choice.set(grid.shown.order, true);
    } else if (act === "clear") {
      choice.clear();
    } else {
      openLarge(index);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    if (event.target.matches("input:not([type=range], [type=radio], [type=checkbox]), textarea")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) choice.redo();
    else choice.undo();
  });
}

/** What a key means: a place to go to, a word, or null if it is not one of ours. */
function action(event, grid, place) {
  const { layout } = grid;
  const page = Math.max(1, Math.floor(grid.scroller.clientHeight / layout.pitch) - 1);
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Home") return 0;
    if (event.key === "End") return layout.count - 1;
    return event.key.toLowerCase() === "a" ? "all" : null;
  }
  switch (event.key) {
    case "ArrowRight": return layout.step(place, { columns: 1 });
    case "ArrowLeft": return layout.step(place, { columns: -1 });
    case "ArrowDown": return layout.step(place, { rows: 1 });
    case "ArrowUp": return layout.step(place, { rows: -1 });
    case "PageDown": return layout.step(place, { rows: page });
    case "PageUp": return layout.step(place, { rows: -page });
    case "Home": return 0;
    case "End": return layout.count - 1;
    case " ": return "take";
    case "Enter": return "open";
    case "Escape": return "clear";
    default: return null;
  }
}
