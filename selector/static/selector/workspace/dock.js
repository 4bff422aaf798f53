// The dock at the bottom: how many frames are chosen, and the actions on them.

import { keyOf } from "../../portal/awaited.js";
import { downloadLink, link } from "../../portal/elements.js";
import { Saving } from "./saving.js";
import { plural } from "./words.js";

/** `isByAnnotation` says whether what is annotated plays a part in the choice.
 * Returns a function that tells the dock of an opened selection. */
export function enableDock(dock, choice, { isByAnnotation, failed, tell, ...data }) {
  const at = (id) => document.getElementById(id);
  const buttons = [at("save"), at("save-and-download"), at("save-changes"), at("replace")];
  const words = () => ({ name: at("name").value, note: at("note").value });
  const saving = new Saving(choice, words, data);
  let isBusy = false;
  let built = null; // {id, said, line}: the archive that this page has asked for last

  function refresh() {
    at("count").textContent = choice.size.toLocaleString("en");
    at("total").textContent = choice.catalog.total.toLocaleString("en");
    dock.classList.toggle("beside", saving.isBeside);
    dock.classList.toggle("changeable", saving.isChangeable);
    dock.classList.toggle("replaceable", saving.isReplaceable);
    const changes = `Save changes to “${saving.title}”`;
    at("save-changes").title = saving.isChangeable ? changes : "";
    at("save-changes").ariaLabel = saving.isChangeable ? changes : null;
    at("replace").title = saving.isReplaceable ? `Replace the frames of “${saving.title}”` : "";
  }

  /** Busy buttons are not disabled: they would lose the keyboard. */
  async function busy(work) {
    if (isBusy) return;
    put(true);
    tell("Saving…");
    try {
      const line = document.createElement("span");
      line.append(...(await work(line)));
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

  async function save({ replace = false } = {}) {
    const { plan, before, saved, byHand } = await saving.save({ replace });
    if (at("name").value) at("name").value = saved.title; // which may have got a number
    if (plan === "nothing") return ["Saved already as ", page(saved), "."];
    if (plan === "words") {
      if (before.title === saved.title) return ["The note of ", page(saved), " is saved."];
      return [`“${before.title}” is now called `, page(saved), "."];
    }
    const said = replace
      ? [page(saved), ` has these ${plural(choice.size, "frame")} now. The ones before can be brought back for ten minutes: `, link(data.selectionPages, "Selections")]
      : ["Saved as ", page(saved), "."];
    if (before && !replace) said.push(" ", page(before), " stays as it was.");
    if (byHand) said.push(` It is kept as chosen by hand, since its draw cannot be repeated: ${byHand}`);
    return said;
  }

  async function saveChanges(line, { onTop = false } = {}) {
    const { title } = saving;
    try {
      const changed = await saving.saveChanges({ onTop });
      at("name").value &&= changed.title;
      const theirs = changed.frames_count !== choice.size ? ", some of which are not chosen here" : "";
      return [page({ id: saving.id, title: changed.title }), ` has ${plural(changed.frames_count, "frame")} now${theirs}. Its page has the history.`];
    } catch (error) {
      if (error.status !== 409 || onTop) throw error;
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button", textContent: "Save mine on top" });
      button.addEventListener("click", () => busy((next) => saveChanges(next, { onTop: true })));
      return [`${error.message} `, button, " ", page({ id: saving.id, title })];
    }
  }

  async function saveAndDownload(line) {
    const said = await save();
    const { archive, isNew } = await saving.build();
    if (isByAnnotation()) said.push(...withoutAnnotations());
    if (archive.status === "ready") {
      const isDownloading = archive.parts.length === 1;
      if (isDownloading) downloadLink(archive.download_url, "").click();
      return [...said, ...outcome({ ...archive, files_count: archive.parts.length }, { isDownloading })];
    }
    built = { id: archive.id, said, line };
    const detail = { kind: "archive", id: archive.id, followUrl: archive.follow_url };
    document.dispatchEvent(new CustomEvent("work-begun", { detail }));
    const when = isNew ? "Its ZIP is being built" : "Its ZIP is being built already";
    return [...said, ` ${when}; the download starts by itself. `, link(archivePage(archive), "Watch it")];
  }

  /** What is missing in the ZIP for somebody who chose by what is annotated. */
  function withoutAnnotations() {
    return [" Its ZIP has no annotations: to get them, choose a format on ", link(`${data.selectionPages}${saving.id}`, "its page"), "."];
  }

  const archivePage = ({ id }) => `${data.selectionPages}archives/${id}`;

  /** How the build has ended, and what there is to do about it. */
  function outcome(archive, { isDownloading, isFollowed = false }) {
    const { status, files_count: files, frames_done: done, frames_total: total } = archive;
    const page = archivePage(archive);
    if (status === "ready" && isFollowed) {
      const again = downloadLink(archive.download_url, "download it again");
      return [" Its ZIP is ready. If your browser shows an error, ", again, "."];
    }
    if (status === "ready" && isDownloading) {
      return [" Its ZIP is ready, and the download has started. ", downloadLink(archive.download_url, "Download again")];
    }
    if (status === "ready") {
      const text = files === 1 ? "Download it" : `Download its ${files} ZIPs`;
      return [" Its ZIP is ready. ", link(page, text)];
    }
    if (status === "incomplete") {
      const few = `${done.toLocaleString("en")} of ${plural(total, "frame")}`;
      const what = isFollowed
        ? "If your browser shows an error, download it again."
        : "The download has not started.";
      return [` Its ZIP has ${few} only. ${what} `, link(page, "See why")];
    }
    const end = isDownloading ? ", and its download broke off." : ".";
    if (status === "cancelled") return [` The building of its ZIP was cancelled${end}`];
    return [` Its ZIP could not be built${end} `, link(page, "See why")];
  }

  document.addEventListener("work-followed", ({ detail: key }) => {
    if (!built || key !== keyOf({ kind: "archive", id: built.id }) || !built.line.isConnected) return;
    const watch = link(archivePage(built), "Watch it");
    built.line.replaceChildren(...built.said, " Its ZIP is downloaded while it is built. ", watch);
  });

  /** The line that promised a download says how that came out, as long as it is there to be read. */
  document.addEventListener("work-ended", (event) => {
    const { work, isDownloading, isFollowed } = event.detail;
    if (work.kind !== "archive" || work.id !== built?.id || !built.line.isConnected) return;
    event.preventDefault();
    built.line.replaceChildren(...built.said, ...outcome(work, { isDownloading, isFollowed }));
  });

  dock.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(() => save());
  });
  at("save-changes").addEventListener("click", () => busy(saveChanges));
  at("replace").addEventListener("click", () => busy(() => save({ replace: true })));
  at("save-and-download").addEventListener("click", () => busy(saveAndDownload));
  dock.addEventListener("input", refresh);
  addEventListener("beforeunload", (event) => {
    if (saving.hasUnsaved) event.preventDefault();
  });
  choice.addEventListener("change", refresh);
  choice.catalog.addEventListener("added", refresh);
  refresh();
  return {
    refresh,
    get hasUnsaved() {
      return saving.hasUnsaved;
    },
    opened(selection, { isWhole }) {
      at("name").value = selection.name;
      at("note").value = selection.note;
      saving.opened(selection, { isWhole, isOwn: selection.owner === dock.dataset.user });
      refresh();
    },
  };
}
