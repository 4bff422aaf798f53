// Choosing with the keyboard: in the grid; all, none, undo and redo anywhere on the page where the
// keys have no other meaning.

const FIELD = "input:not([type=range], [type=radio], [type=checkbox]), textarea";
const OPEN = "dialog[open], details.menu[open], details.note[open], .side.open";

export function enableKeys(grid, choice, { anchor, openLarge, clear }) {
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
    } else {
      openLarge(index);
    }
  });

  // The links that skip to the frames end on their section, before its tools.
  document.getElementById("frames").addEventListener("keydown", (event) => {
    if (event.target !== event.currentTarget || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const index = grid.shown?.order[grid.active];
    if (index !== undefined) grid.goto(index);
  });

  const showKeys = () => document.getElementById("keys-dialog").showModal();
  document.getElementById("keys-open").addEventListener("click", showKeys);

  // On the window, which gets the event last: a press that closed a panel is handled by then.
  addEventListener("keydown", (event) => {
    const act = event.defaultPrevented ? null : anywhere(event);
    if (act === null) return;
    event.preventDefault();
    if (act === "all") choice.set(grid.shown.order, true);
    else if (act === "clear") clear();
    else if (act === "help") showKeys();
    else if (act === "objects" || act === "only-chosen") document.getElementById(act).click();
    else choice[act]();
  });
}

/** The meaning of a key wherever the focus is: also on nothing, after a click on a heading. */
function anywhere(event) {
  const { target, shiftKey, altKey } = event;
  if (target.matches?.(FIELD)) return null;
  const key = event.key.toLowerCase();
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && key === "z") return shiftKey ? "redo" : "undo";
  if (isCommand && key === "y") return "redo";
  if (key === "?" && !isCommand && !altKey && !document.querySelector(OPEN)) return "help";
  if (altKey || shiftKey || target.matches?.("select") || document.querySelector(OPEN)) return null;
  if (isCommand) return key === "a" ? "all" : null;
  return { escape: "clear", a: "objects", c: "only-chosen" }[key] ?? null;
}

/** The meaning of a key: a place to go to, a command, or null. */
function action(event, grid, place) {
  const { layout } = grid;
  const page = Math.max(1, Math.floor(grid.scroller.clientHeight / layout.pitch) - 1);
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Home") return 0;
    if (event.key === "End") return layout.count - 1;
    return null;
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
    default: return null;
  }
}
