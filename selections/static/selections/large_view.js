// One frame, large: without this script the link of a picture opens it by itself.

const dialog = document.getElementById("large");
const shots = [...document.querySelectorAll(".shot")];
const picture = dialog?.querySelector(".large-picture img");
const steps = dialog?.querySelectorAll("[data-step]");
const apology = dialog?.querySelector(".large-picture p");
let at = 0;

function show(index) {
  at = Math.max(0, Math.min(shots.length - 1, index));
  const shot = shots[at];
  dialog.querySelector(".large-name b").textContent = shot.dataset.frame;
  dialog.querySelector(".large-name span").textContent = shot.dataset.name;
  dialog.querySelector("[data-in-cvat]").href = shot.dataset.cvat;
  for (const button of steps) {
    const isEnd = !shots[at + Number(button.dataset.step)];
    // A button that is disabled would lose the keyboard to the page behind.
    if (isEnd && button === document.activeElement) dialog.querySelector("[data-close]").focus();
    button.disabled = isEnd;
  }
  apology.hidden = true;
  picture.hidden = true;
  picture.alt = `Frame ${shot.dataset.frame}`;
  picture.src = shot.href;
  if (!dialog.open) dialog.showModal();
}

for (const [index, shot] of shots.entries()) {
  shot.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    show(index);
  });
}

picture?.addEventListener("load", () => (picture.hidden = false));
picture?.addEventListener("error", () => (apology.hidden = false));

dialog?.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (step) show(at + Number(step.dataset.step));
  if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
});

// Not on the dialog: a click on the picture takes the keyboard out of it.
document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!dialog?.open || !step || !shots[at + step]) return;
  event.preventDefault();
  show(at + step);
});

dialog?.addEventListener("close", () => shots[at].focus());
