// The check boxes on the cards of tasks, and the bar that opens those that are checked. They stay checked
// on the other pages of the list, and through searches, as long as the tab is open.

import { address } from "../../portal/api.js";
import { plural } from "./words.js";

export function enableTaskChecks(bar, { choose, connection }) {
  const memory = `checked-tasks:${connection}`;
  const at = (name) => bar.querySelector(`.${name}`);
  const boxes = [...document.querySelectorAll(".task-check input")];
  let checked = new Set(read());

  function read() {
    try {
      return JSON.parse(sessionStorage.getItem(memory)) ?? [];
    } catch {
      return [];
    }
  }

  function write() {
    try {
      sessionStorage.setItem(memory, JSON.stringify([...checked]));
    } catch {
      // Without storage they are checked on this page only.
    }
  }

  function show() {
    for (const box of boxes) box.checked = checked.has(Number(box.value));
    const here = boxes.filter((box) => box.checked).length;
    const elsewhere = checked.size - here;
    bar.hidden = !checked.size;
    at("checks-count").textContent = `${plural(checked.size, "task")} chosen`;
    at("checks-elsewhere").textContent = elsewhere ? `${elsewhere.toLocaleString("en")} of them not in this list` : "";
    at("checks-all").hidden = here === boxes.length;
    at("checks-open").href = address(choose, { tasks: [...checked].join(","), connection });
  }

  function change(work) {
    work();
    write();
    show();
  }

  for (const box of boxes) {
    box.addEventListener("change", () =>
      change(() => (box.checked ? checked.add(Number(box.value)) : checked.delete(Number(box.value)))),
    );
  }
  at("checks-all").addEventListener("click", () => {
    change(() => boxes.forEach((box) => checked.add(Number(box.value))));
    if (at("checks-all").hidden) at("checks-open").focus(); // the focus would be lost
  });
  at("checks-none").addEventListener("click", () => {
    change(() => (checked = new Set()));
    boxes[0]?.focus();
  });
  // A page that the browser shows again as it was may be out of date.
  addEventListener("pageshow", () => {
    checked = new Set(read());
    show();
  });
  show();
}

const bar = document.getElementById("task-checks");
if (bar) enableTaskChecks(bar, JSON.parse(document.getElementById("finder-data").textContent));
