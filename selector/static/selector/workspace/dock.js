// The dock at the bottom: how many are chosen, and what can be done with them.

import { Keeping } from "./keeping.js";

/** Answers what tells the dock of a selection that was opened. */
export function enableDock(dock, choice, { failed, tell, ...data }) {
  const at = (id) => document.getElementById(id);
  const buttons = [at("save"), at("save-and-download")];
  const words = () => ({ name: at("name").value, note: at("note").value });
  const keeping = new Keeping(choice, words, data);
  let isBusy = false;

  function refresh() {
    at("count").textContent = choice.size.toLocaleString("en");
    at("total").textContent = choice.catalog.size.toLocaleString("en");
    dock.classList.toggle("beside", keeping.isBeside);
  }

  /** Busy buttons are not disabled: they would lose the keyboard. */
  async function busy(work) {
    if (isBusy) return;
    put(true);
    tell("Saving…");
    try {
      const line = document.createElement("span");
      line.append(...(await work()));
      tell(line);
    } catch (error) {
      tell();
      failed(at("dock-status"), error);
    } finally {
      put(false);
      refresh();
    }
  }

  function put(wanted) {
    isBusy = wanted;
    for (const button of buttons) button.setAttribute("aria-disabled", wanted);
  }

  const page = ({ id, title }) => link(`${data.selectionPages}${id}`, `“${title}”`);

  async function save() {
    const { plan, before, saved, byHand } = await keeping.save();
    if (plan === "nothing") return ["Saved already as ", page(saved), "."];
    if (plan === "words") {
      if (before.title === saved.title) return ["The note of ", page(saved), " is saved."];
      return [`“${before.title}” is now called `, page(saved), "."];
    }
    const said = ["Saved as ", page(saved), "."];
    if (before) said.push(" ", page(before), " stays as it was.");
    if (byHand) said.push(` It is kept as chosen by hand, since its draw cannot be repeated: ${byHand}`);
    return said;
  }

  async function saveAndDownload() {
    const said = await save();
    const { archive, isNew } = await keeping.build();
    const page = `${data.selectionPages}archives/${archive.id}`;
    if (archive.status === "ready") {
      const isOne = archive.parts.length === 1;
      const way = isOne ? link(archive.download_url, "Download ZIP") : link(page, "Download its ZIPs");
      return [...said, " Its ZIP is built already. ", way];
    }
    if (isNew) document.dispatchEvent(new CustomEvent("archive-begun", { detail: archive }));
    const when = isNew ? "Its ZIP is being built" : "Its ZIP is being built already";
    return [...said, ` ${when}; you are told when it is ready. `, link(page, "Watch it")];
  }

  dock.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(save);
  });
  at("save-and-download").addEventListener("click", () => busy(saveAndDownload));
  dock.addEventListener("input", refresh);
  addEventListener("beforeunload", (event) => {
    if (keeping.hasUnsaved) event.preventDefault();
  });
  choice.addEventListener("change", refresh);
  refresh();
  return {
    refresh,
    get hasUnsaved() {
      return keeping.hasUnsaved;
    },
    opened(kept, { isWhole }) {
      at("name").value = kept.name;
      at("note").value = kept.note;
      keeping.opened(kept, { isWhole, isOwn: kept.owner === dock.dataset.user });
      refresh();
    },
  };
}

function link(href, text) {
  const made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  return made;
}
