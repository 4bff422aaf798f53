// Beside the scroll bar, while one scrolls far: the task, the job and the frame at the top of the window.
// For the eye alone, since the headings say the same.

const FAR = 3; // windows that the grid must be high
const REST = 700; // ms after the last step

export function enableScrollLabel(label, grid) {
  let timer = null;

  grid.addEventListener("scroll", () => {
    const { layout, scroller, top, catalog } = grid;
    const found = grid.topmost();
    const room = scroller.clientHeight;
    if (!found || layout.sections.length < 2 || layout.height < FAR * room) return;
    const { section, index } = found;
    label.textContent = [
      section.task && (section.task.name || `Task ${section.task.id}`),
      section.job && `Job ${section.job.id}`,
      index >= 0 && `Frame ${catalog.number[index]}`,
    ].filter(Boolean).join(" · ");
    const share = Math.min(1, top / Math.max(1, layout.height - room));
    label.style.top = `${Math.round(share * (room - label.offsetHeight))}px`;
    label.classList.add("shown-now");
    clearTimeout(timer);
    timer = setTimeout(() => {
      label.classList.remove("shown-now");
      label.style.top = "0"; // where it makes the page no longer, also when the window is lower now
    }, REST);
  });
}
