// The archives under way and those that have ended since, at the top of every page. Asks the API
// only while something runs or is waited for, and while the page is seen or is to start a download.

import { get, post } from "./api.js";
import { awaited, expectArchive, forget, keepAwaited } from "./awaited.js";
import { downloadLink } from "./elements.js";
import { Notices } from "./notices.js";
import { TrayList } from "./tray_list.js";

const ACTIVE = new Set(["queued", "running"]);
const SOON = 1500; // ms
const LATER = 15_000; // after an error

const tray = document.getElementById("tray");
const downloads = new Set(); // ids of archives that this page downloads when they are ready
const pageOf = (id) => `${tray.dataset.pages}/${id}`;
let timer = null;
let notices = null;
let list = null;

async function look() {
  clearTimeout(timer);
  const before = awaited();
  try {
    const { results } = await get(`${tray.dataset.api}?page_size=20`);
    const running = results.filter(({ status }) => ACTIVE.has(status));
    const ended = results.filter(({ status }) => !ACTIVE.has(status) && status !== "expired");
    // What has come meanwhile may be too new for this answer, or be closed by now.
    const now = awaited();
    for (const { id } of running) if (!now.has(id)) now.set(id, { told: false });
    for (const id of before.keys()) {
      if (![...running, ...ended].some((archive) => archive.id === id)) now.delete(id);
    }
    now.delete(shownByPage());
    keepAwaited(now);
    const done = ended.filter(({ id }) => now.has(id));
    for (const archive of ended) {
      if (now.get(archive.id)?.told === false || downloads.has(archive.id)) tell(archive);
    }
    show(running, done.filter(({ id }) => awaited().has(id)));
    if (running.length) again(SOON);
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) again(LATER);
  }
}

/** While nobody looks nothing is asked, unless a download is to start. */
function again(soon) {
  clearTimeout(timer);
  if (!document.hidden || downloads.size) timer = setTimeout(look, soon);
}

/** The archive whose own page this is, which tells of it by itself. */
function shownByPage() {
  const found = location.pathname.match(/\/(\d+)$/);
  return found && location.pathname === pageOf(found[1]) ? Number(found[1]) : null;
}

function show(running, ended) {
  const hadFocus = tray.contains(document.activeElement);
  tray.hidden = !running.length && !ended.length;
  if (tray.hidden) tray.open = false;
  if (tray.hidden && hadFocus) document.getElementById("main").focus();
  list.show(running, ended);
  notices.keep(new Set(ended.map(({ id }) => id)));
}

/** Tell once, by the page that waits for this archive or else by a notice; start its download where
 * this page has promised to. An incomplete archive is never downloaded unasked. */
function tell(archive) {
  if (notices.has(archive.id)) return;
  const isOne = archive.status === "ready" && archive.parts.length === 1;
  const isDownloading = downloads.delete(archive.id) && isOne;
  if (isDownloading) downloadLink(archive.download_url, "").click();
  const detail = { archive, isDownloading };
  const isUntold = document.dispatchEvent(new CustomEvent("archive-ended", { detail, cancelable: true }));
  if (!isUntold) forget(archive.id);
  else if (awaited().has(archive.id)) {
    notices.show(archive, archive.selection_name, { isDownloading });
  }
}

if (tray) {
  notices = new Notices({ put: look, pageOf });
  list = new TrayList(tray, {
    pageOf,
    cancel: (id) => post(`${tray.dataset.api}/${id}/cancel`, {}).catch(() => null),
    changed: look,
  });
  document.addEventListener("archive-begun", ({ detail }) => {
    expectArchive(detail.id);
    downloads.add(detail.id);
    look();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (!tray.hidden || awaited().size)) look();
  });
  if (Number(tray.dataset.active) || awaited().size) look();
}
