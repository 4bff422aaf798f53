// The chosen frames as JSON, to read, copy and download. A text area takes seconds to lay out 20,000
// frames, so it shows the first ones only.

import { jsonParts } from "./json_parts.js";
import { plural } from "./words.js";

const SHOWN = 300;
const LISTED_JOBS = 20;

/** @param button @param choice
 * @param {string} what is open, for the name of the file */
export function enableInfo(button, choice, what) {
  const at = (id) => document.getElementById(id);
  const dialog = at("info-dialog");
  const text = at("info-json");
  let frames = []; // indices
  let whole = null; // the promise of a Blob

  const parts = (indices) => jsonParts(indices, (index) => choice.frame(index));

  /** All of it, written once, in parts between which the page stays responsive. */
  async function make() {
    const written = [];
    for (const part of parts(frames)) {
      written.push(part);
      await new Promise((done) => setTimeout(done));
    }
    return new Blob(written, { type: "application/json" });
  }

  button.addEventListener("click", () => {
    frames = choice.selected();
    whole = null;
    const [count, first] = [frames.length, SHOWN].map((number) => number.toLocaleString("en"));
    at("info-title").textContent = `${count} selected ${frames.length === 1 ? "frame" : "frames"}`;
    at("info-jobs").textContent = frames.length
      ? perJob(choice)
      : "No frame is chosen yet. Click some, or pick at random.";
    for (const id of ["info-use", "info-json", "info-copy", "info-save"]) at(id).hidden = !frames.length;
    at("info-more").hidden = frames.length <= SHOWN;
    at("info-more").textContent = `These are the first ${first} of ${count}. Copy and Save as file have all.`;
    text.value = [...parts(frames.subarray(0, SHOWN))].join("");
    dialog.showModal();
    text.scrollTop = 0;
  });
  dialog.addEventListener("close", () => {
    text.value = "";
    frames = [];
    whole = null;
  });

  at("info-copy").addEventListener("click", async ({ currentTarget: copy }) => {
    try {
      await toClipboard((whole ??= make()));
      copy.textContent = "Copied";
    } catch {
      // Without HTTPS scripts have no clipboard: select the text, so that Ctrl-C copies it.
      text.select();
      copy.textContent = "Press Ctrl-C";
    }
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  // Selecting all of the shown text means all frames.
  text.addEventListener("copy", (event) => {
    const isPart = text.selectionStart > 0 || text.selectionEnd < text.value.length;
    if (isPart || frames.length <= SHOWN) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", [...parts(frames)].join(""));
  });

  at("info-save").addEventListener("click", async () => {
    const url = URL.createObjectURL(await (whole ??= make()));
    const link = document.createElement("a");
    link.href = url;
    link.download = `selection_${what}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
}

/** "Job 1: 10 frames, job 2: 1 frame." */
function perJob({ catalog, counts }) {
  const parts = catalog.jobs.filter(({ at }) => counts[at]).map(({ id, at }) => `job ${id}: ${plural(counts[at], "frame")}`);
  const more = parts.length > LISTED_JOBS ? `, and ${plural(parts.length - LISTED_JOBS, "more job")}` : "";
  return sentence(`${parts.slice(0, LISTED_JOBS).join(", ")}${more}.`);
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Requested at once, as browsers demand after a click, although the text is ready later. */
function toClipboard(promised) {
  const plain = promised.then((blob) => blob.slice(0, blob.size, "text/plain"));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": plain })]);
}
