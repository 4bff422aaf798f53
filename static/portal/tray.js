// The works under way and those that have ended since, at the top of every page. Asks the API only
// while something runs or is awaited, and while the page is visible or is to start a download.

import { get, post } from "./api.js";
import { awaited, expectWork, forget, keyOf, storeAwaited } from "./awaited.js";
import { downloadLink } from "./elements.js";
import { Notices } from "./notices.js";
import { TrayList } from "./tray_list.js";

const ACTIVE = new Set(["queued", "running"]);
const ADDRESSES = ["page_url", "download_url", "cancel_url"];
const SOON = 1500; // ms
const LATER = 15_000; // after an error

const tray = document.getElementById("tray");
const downloads = new Set(); // keys of works whose file this page downloads when they are ready
const followed = new Set(); // keys of works whose file is downloaded while they run
let timer = null;
let notices = null;
let list = null;

async function look() {
  clearTimeout(timer);
  const before = awaited();
  try {
    const works = (await get(`${tray.dataset.api}?page_size=20`)).results;
    for (const work of works) {
      work.key = keyOf(work);
      for (const name of ADDRESSES) work[name] &&= pathOf(work[name]);
    }
    const running = works.filter(({ status }) => ACTIVE.has(status));
    const ended = works.filter(({ status }) => !ACTIVE.has(status) && status !== "expired");
    // What was added meanwhile may be too new for this answer, or be closed by now.
    const now = awaited();
    for (const { key } of running) if (!now.has(key)) now.set(key, { told: false });
    for (const key of before.keys()) {
      if (![...running, ...ended].some((work) => work.key === key)) now.delete(key);
    }
    now.delete(shownByPage(works));
    storeAwaited(now);
    const done = ended.filter(({ key }) => now.has(key));
    for (const work of ended) {
      const isPromised = downloads.has(work.key) || followed.has(work.key);
      if (isPromised || now.get(work.key)?.told === false) tell(work);
    }
    show(running, done.filter(({ key }) => awaited().has(key)));
    if (running.length) lookAfter(SOON);
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) lookAfter(LATER);
  }
}

/** Behind a proxy the portal may not know the host under which this page was loaded. */
function pathOf(address) {
  const { pathname, search } = new URL(address);
  return pathname + search;
}

/** While the page is hidden nothing is asked, unless a download is to start. */
function lookAfter(pause) {
  clearTimeout(timer);
  if (!document.hidden || downloads.size) timer = setTimeout(look, pause);
}

/** Key of the work whose own page this is: the page itself shows how it ends. */
function shownByPage(works) {
  return works.find((work) => work.page_url === location.pathname)?.key;
}

function show(running, ended) {
  const hadFocus = tray.contains(document.activeElement);
  tray.hidden = !running.length && !ended.length;
  if (tray.hidden) tray.open = false;
  if (tray.hidden && hadFocus) document.getElementById("main").focus();
  list.show(running, ended);
  notices.keep(new Set(ended.map(({ key }) => key)));
}

/** Tell once, by the page that waits for this work or else by a notice; start its download where
 * this page has promised to. An incomplete result is never downloaded unasked. */
function tell(work) {
  if (notices.has(work.key)) return;
  const isFollowed = followed.delete(work.key);
  const isStarting = downloads.delete(work.key) && work.download_url !== null;
  if (isStarting) downloadLink(work.download_url, "").click();
  const isDownloading = isStarting || isFollowed;
  const detail = { work, isDownloading };
  const isUntold = document.dispatchEvent(new CustomEvent("work-ended", { detail, cancelable: true }));
  if (!isUntold) forget(work.key);
  else if (awaited().has(work.key)) notices.show(work, { isDownloading });
}

/** Download the file while the work runs, if the portal can send it. Else it is downloaded when it
 * is ready: one that has ended has a length. */
async function follow(work, address) {
  const url = pathOf(address);
  const answer = await fetch(url, { method: "HEAD" }).catch(() => null);
  if (!answer?.ok || answer.headers.has("Content-Length") || !downloads.delete(keyOf(work))) return;
  followed.add(keyOf(work));
  downloadLink(url, "").click();
  document.dispatchEvent(new CustomEvent("work-followed", { detail: work }));
}

if (tray) {
  notices = new Notices({ put: look });
  list = new TrayList(tray, {
    cancel: (work) => post(work.cancel_url, {}).catch(() => null),
    changed: look,
  });
  document.addEventListener("work-begun", ({ detail }) => {
    expectWork(keyOf(detail));
    downloads.add(keyOf(detail));
    if (detail.followUrl) follow(detail, detail.followUrl);
    look();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (!tray.hidden || awaited().size)) look();
  });
  if (Number(tray.dataset.active) || awaited().size) look();
}
