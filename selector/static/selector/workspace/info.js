// The chosen frames as JSON, to look at, copy and keep as a file.

export function enableInfo(button, choice, { task_id: taskId, job_id: jobId }) {
  const dialog = document.getElementById("info-dialog");
  const text = document.getElementById("info-json");

  button.addEventListener("click", () => {
    const frames = Array.from(choice.selected(), (index) => choice.catalog.frame(index));
    const noun = frames.length === 1 ? "frame" : "frames";
    document.getElementById("info-title").textContent = `${frames.length.toLocaleString("en")} selected ${noun}`;
    text.value = JSON.stringify(frames, null, 2);
    dialog.showModal();
    text.scrollTop = 0;
  });
  dialog.addEventListener("close", () => (text.value = ""));

  document.getElementById("info-save").addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([text.value], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `selection_task_${taskId}${jobId ? `_job_${jobId}` : ""}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
}
