// The works under way and those that have ended since, at the top of every page. Asks the API only
// while something runs or is awaited, and while the page is visible or is to start a download.

import { get, post } from "./api.js";
import { awaited, expectWork, forget, keyOf, storeAwaited } from "./awaited.js";
import { downloadLink } from "./elements.js";
import { Notices } from "./notices.js";
import { TrayList } from "./tray_list.js";

const ACTIVE = new Set(["queued", "running"]);
const ADDRESSES = ["page_url", "download_url", "cancel_url"];
const SOONEST = 150; // ms: after a work is begun, most of which begin or end within a second
const SOON = 1500; // ms: the longest pause between two looks
const SLOWER = 1.5; // each pause is so many times as long as the one before
const LATER = 15_000; // after an error
const START_PAUSE = 250; // ms between two looks for the cookie of a download that begins
const START_LOOKS = 40;

const tray = document.getElementById("tray");
const downloads = new Set(); // keys of works whose file this page downloads when they are ready
const addresses = new Map(); // key of such a work -> where its file is had while it runs
const starting = new Set(); // keys of works whose file this page has begun to ask for
const followed = new Set(); // keys of works whose file is downloaded while they run
let timer = null;
let pause = SOON;
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
    for (const { key } of running.filter(({ status }) => status === "running")) follow(key);
    for (const work of ended) {
      if (starting.has(work.key)) continue; // told once it is known whether it is downloaded
      const isPromised = downloads.has(work.key) || followed.has(work.key);
      if (isPromised || now.get(work.key)?.told === false) tell(work);
    }
    show(running, done.filter(({ key }) => awaited().has(key)));
    if (running.length || starting.size) lookAfter(pause);
    pause = Math.min(pause * SLOWER, SOON);
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
function lookAfter(milliseconds) {
  clearTimeout(timer);
  if (!document.hidden || downloads.size || starting.size) timer = setTimeout(look, milliseconds);
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
  const isStarting = downloads.delete(work.key) && work.download_url !== null;
  const isFollowed = followed.delete(work.key) && !isStarting;
  if (isStarting) downloadLink(work.download_url, "").click();
  const isDownloading = isStarting || isFollowed;
  addresses.delete(work.key);
  const detail = { work, isDownloading, isFollowed };
  const isUntold = document.dispatchEvent(new CustomEvent("work-ended", { detail, cancelable: true }));
  if (!isUntold) forget(work.key);
  else if (awaited().has(work.key)) notices.show(work, { isDownloading, isFollowed });
}

/** Download the file while the work runs, if the portal can send it. Else it is downloaded when it
 * is ready: one that has ended has a length. A portal that is busy is asked again by `look`. */
async function follow(key) {
  const url = addresses.get(key);
  if (!url || starting.has(key)) return;
  starting.add(key);
  try {
    await start(key, url);
  } finally {
    starting.delete(key);
  }
}

async function start(key, url) {
  const answer = await fetch(url, { method: "HEAD" }).catch(() => null);
  if (answer && answer.status !== 503) addresses.delete(key);
  if (answer?.ok && !answer.headers.has("Content-Length") && downloads.delete(key)) {
    document.cookie = `${cookieOf(key)}=; max-age=0; path=/`; // of an earlier download
    downloadLink(url, "").click();
    if (await hasBegun(key)) {
      followed.add(key);
      document.dispatchEvent(new CustomEvent("work-followed", { detail: key }));
    } else {
      downloads.add(key);
    }
  }
}

const cookieOf = (key) => `following-${key.split("-").at(-1)}`;

/** Whether the portal sends the file: a page sees nothing of a download but the cookie that comes
 * with it. */
async function hasBegun(key) {
  const name = cookieOf(key);
  for (let looks = 0; looks < START_LOOKS; looks += 1) {
    if (document.cookie.split("; ").some((cookie) => cookie.startsWith(`${name}=`))) return true;
    await new Promise((done) => setTimeout(done, START_PAUSE));
  }
  return false;
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
    if (detail.followUrl) addresses.set(keyOf(detail), pathOf(detail.followUrl));
    pause = SOONEST;
    look();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (!tray.hidden || awaited().size)) look();
  });
  if (Number(tray.dataset.active) || awaited().size) look();
}
