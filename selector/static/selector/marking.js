// Marking frames in the list by mouse and keyboard: arrows move, space takes, Shift takes the
// range from the last one, Ctrl-A everything that is shown.

export function enableMarking(list, choice) {
  let anchor = null;

  function mark(index, wanted, ranged) {
    const from = ranged && anchor !== null ? list.position.get(anchor) : undefined;
    const to = list.position.get(index);
    anchor = index;
    if (from === undefined) return choice.set([index], wanted);
    choice.set(list.order.slice(Math.min(from, to), Math.max(from, to) + 1), wanted);
  }

  list.root.addEventListener("click", (event) => {
    if (!event.target.matches("input[type=checkbox]")) return;
    const index = Number(event.target.value);
    mark(index, event.target.checked, event.shiftKey);
    list.focus(index);
  });

  list.root.addEventListener("keydown", (event) => {
    if (!event.target.matches("input[type=checkbox]")) return;
    if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      choice.set(list.order, true);
      return;
    }
    const index = Number(event.target.value);
    const next = neighbour(list, index, event.key);
    if (next === undefined) return;
    event.preventDefault();
    if (event.shiftKey) {
      anchor ??= index;
      mark(next, true, true);
    }
    list.focus(next);
  });
}

/** The frame that a key leads to; undefined if the key is not one of ours. */
function neighbour(list, index, key) {
  const place = list.position.get(index);
  const last = list.order.length - 1;
  const target = {
    ArrowRight: place + 1,
    ArrowLeft: place - 1,
    ArrowDown: place + list.columns,
    ArrowUp: place - list.columns,
    PageDown: place + list.columns * 10,
    PageUp: place - list.columns * 10,
    Home: 0,
    End: last,
  }[key];
  return target === undefined ? undefined : list.order[Math.min(Math.max(target, 0), last)];
}
