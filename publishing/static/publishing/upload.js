// Uploads a folder, pictures or a ZIP in pieces; goes on where the portal says that it stopped. Then
// it goes to the page of the upload, or inside of a form sends the event `uploaded`.

import { get, patchBytes, post, remove } from "../portal/api.js";

const PIECE = 4 * 2 ** 20; // bytes
const TRIES = 8; // in a row that may fail
const LONGEST_PAUSE = 30_000; // ms

/** @typedef {{path: string, file: File}} Chosen */

const card = document.querySelector("#upload");
const parts = {
  drop: card.querySelector("[data-drop]"),
  sending: card.querySelector("[data-sending]"),
  name: card.querySelector("[data-name]"),
  progress: card.querySelector("progress"),
  state: card.querySelector("[data-state]"),
  pause: card.querySelector("[data-pause]"),
  cancel: card.querySelector("[data-cancel]"),
  error: card.querySelector("[data-error]"),
};

/** The upload under way: its row in the portal, and the bytes of all files one after the other.
 * @type {{row: any, bytes: Blob, abort: AbortController} | null} */
let current = null;

for (const input of card.querySelectorAll("[data-choose]")) {
  input.addEventListener("change", () => {
    const files = Array.from(/** @type {FileList} */ (input.files));
    input.value = ""; // the same files can be chosen again
    begin(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })));
  });
}
parts.drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  parts.drop.classList.add("over");
});
parts.drop.addEventListener("dragleave", () => parts.drop.classList.remove("over"));
parts.drop.addEventListener("drop", async (event) => {
  event.preventDefault();
  parts.drop.classList.remove("over");
  // Before the first await: afterwards the browser has forgotten what was dropped.
  const entries = Array.from(event.dataTransfer.items, (item) => item.webkitGetAsEntry());
  try {
    const found = await Promise.all(entries.filter(Boolean).map((entry) => filesBelow(entry)));
    begin(found.flat());
  } catch {
    fail("The browser cannot read what was dropped. Choose the folder or the ZIP instead.");
  }
});
parts.pause.addEventListener("click", () => {
  if (current?.abort.signal.aborted) send();
  else current?.abort.abort();
});
parts.cancel.addEventListener("click", async () => {
  if (!current) return;
  current.abort.abort();
  try {
    await remove(`${card.dataset.api}/${current.row.id}`);
    current = null;
    if (card.dataset.next) location.reload();
    else showChoice();
  } catch (error) {
    fail(error.message);
  }
});
addEventListener("beforeunload", (event) => {
  if (current && !current.abort.signal.aborted) event.preventDefault();
});

/** @param {Chosen[]} chosen */
async function begin(chosen) {
  parts.error.hidden = true;
  if (!chosen.length) return;
  chosen.sort((one, other) => (one.path < other.path ? -1 : 1));
  const files = chosen.map(({ path, file }) => {
    return { path, size: file.size, modified: file.lastModified };
  });
  try {
    const row = await post(card.dataset.api, { name: nameOf(chosen), files });
    current = { row, bytes: new Blob(chosen.map(({ file }) => file)), abort: new AbortController() };
    send();
  } catch (error) {
    fail(error.message);
  }
}

async function send() {
  const { row, bytes } = current;
  const abort = (current.abort = new AbortController());
  parts.drop.hidden = true;
  parts.sending.hidden = false;
  parts.error.hidden = true;
  parts.name.textContent = row.name;
  parts.pause.textContent = "Pause";
  show("");
  try {
    await sendPieces(row, bytes, abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) {
      abort.abort();
      fail(`${error.message} Then press Continue.`);
    }
    parts.pause.textContent = "Continue";
    show("Paused.");
    return;
  }
  current = null; // nothing is lost now
  if (card.dataset.next) {
    location.assign(`${card.dataset.next}/${row.id}`);
    return;
  }
  showChoice();
  card.querySelector("[data-uploaded]").value = row.id;
  card.dispatchEvent(new Event("uploaded"));
}

function showChoice() {
  parts.drop.hidden = false;
  parts.sending.hidden = true;
}

/** @param {Blob} bytes
 * @param {AbortSignal} signal */
async function sendPieces(row, bytes, signal) {
  const place = `${card.dataset.api}/${row.id}`;
  let failures = 0;
  while (row.received < row.size) {
    try {
      if (failures) row.received = (await get(place, { signal })).received;
      const piece = bytes.slice(row.received, row.received + PIECE);
      if (piece.size) {
        const answer = await patchBytes(`${place}/data?offset=${row.received}`, piece, { signal });
        row.received = answer.received;
      }
      failures = 0;
      show("");
    } catch (error) {
      failures += 1;
      const isLost = !error.status || error.status >= 500 || error.code === "wrong_offset";
      if (signal.aborted || !isLost || failures === TRIES) throw error;
      show("The connection is lost. Trying again …");
      await pause(Math.min(1000 * 2 ** failures, LONGEST_PAUSE), signal);
    }
  }
}

/** Ends early, with an error, when the person presses Pause or Cancel.
 * @param {number} milliseconds
 * @param {AbortSignal} signal */
function pause(milliseconds, signal) {
  return new Promise((done, failed) => {
    setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => failed(signal.reason), { once: true });
  });
}

/** @param {string} text */
function show(text) {
  const { row } = current;
  parts.progress.value = row.size ? row.received / row.size : 0;
  const sent = `${megabytes(row.received)} of ${megabytes(row.size)} MB are on the portal.`;
  parts.state.textContent = text ? `${sent} ${text}` : sent;
}

/** @param {string} message */
function fail(message) {
  parts.error.textContent = message;
  parts.error.hidden = false;
}

/** As in the list of uploads.
 * @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 2 ** 20).toLocaleString("en", { maximumFractionDigits: 1 });
}

/** The name of the folder, of the ZIP, or of the first picture with the number of the others.
 * @param {Chosen[]} chosen */
function nameOf(chosen) {
  const [top, ...below] = chosen[0].path.split("/");
  if (below.length) return top.slice(0, 200);
  const others = chosen.length - 1;
  return others ? `${top.slice(0, 150)} and ${others} more` : top.replace(/\.zip$/i, "").slice(0, 200);
}

/** The files of something that was dropped.
 * @returns {Promise<Chosen[]>} */
async function filesBelow(entry) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // The browser gives some at a time, and none at the end.
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    for (const each of some) found.push(...(await filesBelow(each)));
  }
}
