// The dock at the bottom: how many are chosen, and what can be done with them.

import { post } from "../../portal/api.js";

/** Answers what tells the dock of a selection that was opened. */
export function enableDock(dock, choice, { failed, tell, ...data }) {
  const at = (id) => document.getElementById(id);
  const buttons = [at("save"), at("save-and-download")];
  let saved = null; // {id, state, name, note} of what was saved or opened last

  function refresh() {
    at("count").textContent = choice.size.toLocaleString("en");
    at("total").textContent = choice.catalog.size.toLocaleString("en");
  }

  function isSaved() {
    return (
      saved !== null &&
      saved.id !== null &&
      saved.state === choice.state &&
      saved.name === at("name").value &&
      saved.note === at("note").value
    );
  }

  async function save() {
    if (!choice.size) throw new Error("No frame is chosen yet. Click some or pick at random.");
    if (isSaved()) return saved.id;
    const [name, note, state] = [at("name").value, at("note").value, choice.state];
    const { catalog } = choice;
    const frames = Array.from(choice.selected(), (index) => ({
      task_id: catalog.task.id,
      job_id: catalog.job(index).id,
      frame: catalog.number[index],
    }));
    const selection = await post(data.selectionsUrl, {
      connection: data.connection,
      name,
      note,
      ...choice.draw,
      frames,
    });
    saved = { id: selection.id, state, name, note };
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
      const page = `${data.selectionPages}archives/${archive.id}`;
      tell("Saved. Its ZIP is being built; you are told when it is ready. ", link(page, "Watch it"));
      document.dispatchEvent(new CustomEvent("archive-begun", { detail: archive }));
    }),
  );
  addEventListener("beforeunload", (event) => {
    if (!choice.size || saved?.state === choice.state) return;
    event.preventDefault();
  });
  choice.addEventListener("change", refresh);
  refresh();
  return {
    opened({ id, name, note }, { isWhole }) {
      at("name").value = name;
      at("note").value = note;
      saved = { id: isWhole ? id : null, state: choice.state, name, note: at("note").value };
    },
  };
}

function link(href, text) {
  const made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  return made;
}
