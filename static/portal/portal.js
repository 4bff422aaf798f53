// What every page has: menus (and the note of a selection) that close, buttons that copy. Whatever
// closes on Escape prevents the default of the key: so one press closes one thing, and nothing that
// listens later (the workspace, which clears the choice) takes the same press.

const OPEN = "details.menu[open], details.note[open]";

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(OPEN)) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) copyText(copy);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  for (const menu of document.querySelectorAll(OPEN)) {
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    event.preventDefault();
    if (inside) menu.querySelector("summary").focus();
  }
});

async function copyText(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = "value" in source ? source.value : source.textContent;
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // Without HTTPS there is no clipboard for scripts: mark the text, so that Ctrl-C takes it.
    getSelection().selectAllChildren(source);
    source.select?.();
    button.textContent = "Press Ctrl-C";
  }
  setTimeout(() => (button.textContent = before), 2000);
}
