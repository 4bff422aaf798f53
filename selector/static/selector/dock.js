// The dock at the bottom: how many are chosen, and what can be done with them.

import { post } from "./api.js";

export function enableDock(dock, choice, data, { failed, tell }) {
  const at = (id) => document.getElementById(id);
  const buttons = [at("save"), at("save-and-download")];
  let saved = null; // {id, version, name, note} of what was saved last

  function refresh() {
    at("count").textContent = choice.size;
    at("total").textContent = choice.frames.length;
  }

  function isSaved() {
    return (
      saved !== null &&
      saved.version === choice.version &&
      saved.name === at("name").value &&
      saved.note === at("note").value
    );
  }

  async function save() {
    if (!choice.size) throw new Error("No frame is chosen yet. Tick some or pick at random.");
    if (isSaved()) return saved.id;
    const [name, note, version] = [at("name").value, at("note").value, choice.version];
    const selection = await post(data.selectionsUrl, {
      connection: data.connection,
      name,
      note,
      ...choice.draw,
      frames: choice.selected().map(({ task_id, job_id, frame }) => ({ task_id, job_id, frame })),
    });
    saved = { id: selection.id, version, name, note };
    tell("Saved as ", link(`${data.selectionPages}${selection.id}`, `“${selection.name}”`), ".");
    return selection.id;
  }

  async function busy(work) {
    for (const button of buttons) button.disabled = true;
    tell("Saving…");
    try {
      await work();
    } catch (error) {
      tell();
      failed(at("dock-status"), error);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  dock.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(save);
  });
  at("save-and-download").addEventListener("click", () =>
    busy(async () => {
      const id = await save();
      const archive = await post(`${data.selectionsUrl}/${id}/archives`, {});
      location.assign(`${data.archivePages}/${archive.id}`);
    }),
  );
  choice.addEventListener("change", refresh);
  refresh();
  dock.hidden = false;
}

function link(href, text) {
  const made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  return made;
}
