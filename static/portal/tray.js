// The archives under way, at the top of every page; tells when one is done, on every page until
// that is closed or used. Asks the API only while something runs or is told, and somebody looks;
// knows across pages what it waits for.

import { get, post } from "./api.js";

const WAITED = "archives-waited-for";
const ACTIVE = new Set(["queued", "running"]);
const SOON = 1500; // ms
const LATER = 15_000; // after an error

const tray = document.getElementById("tray");
const at = (id) => document.getElementById(id);
const names = new Map(); // of selections, by their ids
let timer = null;
let known = "";

function waited() {
  try {
    return new Set(JSON.parse(localStorage.getItem(WAITED)) ?? []);
  } catch {
    return new Set();
  }
}

function wait(ids) {
  try {
    localStorage.setItem(WAITED, JSON.stringify([...ids]));
  } catch {
    // Without a memory it still tells on this page.
  }
}

async function look() {
  clearTimeout(timer);
  const before = waited();
  try {
    const { results } = await get(`${tray.dataset.api}?page_size=20`);
    const running = results.filter(({ status }) => ACTIVE.has(status));
    const ended = results.filter(({ status }) => !ACTIVE.has(status) && status !== "expired");
    // What has come meanwhile may be too new for this answer, or be closed by now.
    const awaited = waited();
    const done = ended.filter(({ id }) => awaited.has(id) && !isToldHere(id));
    const isKept = (id) => !before.has(id) || ended.some((archive) => archive.id === id);
    wait([...running.map(({ id }) => id), ...[...awaited].filter(isKept)]);
    await nameAll([...running, ...done]);
    show(running);
    for (const archive of done) tell(archive);
    if (running.length) again(SOON);
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) again(LATER);
  }
}

/** While nobody looks nothing is asked, and nothing told that would not be seen. */
function again(soon) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, soon);
}

async function nameAll(archives) {
  const unknown = new Set(archives.map(({ selection }) => selection).filter((id) => !names.has(id)));
  await Promise.all(
    [...unknown].map(async (id) => {
      const found = await get(`${tray.dataset.selections}/${id}`).catch(() => null);
      names.set(id, found?.name || `Selection ${id}`);
    }),
  );
}

function show(running) {
  const hadFocus = tray.contains(document.activeElement);
  tray.hidden = !running.length;
  if (tray.hidden) tray.open = false;
  if (tray.hidden && hadFocus) at("main").focus();
  at("tray-title").textContent = `${running.length} building`;
  const total = running.reduce((sum, { frames_total: frames }) => sum + frames, 0);
  at("tray-progress").value =
    running.reduce((sum, { frames_done: frames }) => sum + frames, 0) / (total || 1);
  const now = running.map(({ id }) => id).join();
  if (now !== known) list(running);
  known = now;
  for (const archive of running) {
    const item = at(`tray-${archive.id}`);
    item.querySelector("progress").max = archive.frames_total || 1;
    item.querySelector("progress").value = archive.frames_done;
    item.querySelector("span").textContent = facts(archive);
  }
}

/** The lines, with the keyboard where it was: on the next one if its own is gone. */
function list(running) {
  const lines = [...at("tray-list").children];
  const held = lines.findIndex((item) => item.contains(document.activeElement));
  const kind = document.activeElement.localName;
  at("tray-list").replaceChildren(...running.map(line));
  if (held < 0 || !running.length) return;
  const next = at(lines[held].id) ?? at("tray-list").children[held];
  (next?.querySelector(kind) ?? tray.querySelector("summary")).focus();
}

function line({ id, selection }) {
  const item = make("li", "tray-line");
  item.id = `tray-${id}`;
  const name = link(`${tray.dataset.pages}/${id}`, names.get(selection));
  const cancel = make("button", "button", "Cancel");
  cancel.type = "button";
  cancel.setAttribute("aria-label", `Cancel ${names.get(selection)}`);
  cancel.addEventListener("click", async () => {
    if (cancel.ariaDisabled === "true") return; // and not disabled, which loses the keyboard
    cancel.ariaDisabled = "true";
    await post(`${tray.dataset.api}/${id}/cancel`, {}).catch(() => null);
    forget(id);
    look();
  });
  const progress = make("progress");
  progress.setAttribute("aria-label", "Frames fetched");
  item.append(name, progress, make("span", "muted small"), cancel);
  return item;
}

function facts({ status, frames_done: done, frames_total: total, ...archive }) {
  if (status === "queued") return "waiting for a worker";
  const { bytes_per_second: rate, seconds_left: left } = archive;
  return [
    `${done.toLocaleString("en")} of ${total.toLocaleString("en")} frames`,
    rate && `${(rate / 1e6).toFixed(1)} MB/s`,
    left !== null && `${duration(left)} left`,
  ].filter(Boolean).join(" · ");
}

function duration(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function tell({ id, selection, status, parts, ...archive }) {
  if (isToldHere(id)) return;
  const notice = make("p", `message ${status === "ready" ? "success" : "warning"}`);
  const name = names.get(selection);
  const page = `${tray.dataset.pages}/${id}`;
  if (status === "ready" && parts.length === 1) {
    notice.append(`“${name}” is ready. `, link(archive.download_url, "Download ZIP"));
  } else if (status === "ready") {
    notice.append(`“${name}” is ready. `, link(page, `Download its ${parts.length} ZIPs`));
  } else {
    notice.append(`“${name}” is ${status}. `, link(page, "See why"));
  }
  const close = make("button", "link", "Close");
  close.type = "button";
  close.addEventListener("click", () => {
    notice.remove();
    forget(id);
  });
  notice.id = `ready-${id}`;
  notice.querySelector("a").addEventListener("click", () => forget(id));
  notice.append(" ", close);
  at("tray-ready").append(notice);
}

/** By a notice, or by the page of the archive itself. */
function isToldHere(id) {
  const isItsPage = location.pathname === `${tray.dataset.pages}/${id}`;
  if (isItsPage) forget(id);
  return isItsPage || at(`ready-${id}`) !== null;
}

function forget(id) {
  wait([...waited()].filter((each) => each !== id));
}

function link(href, text) {
  const made = make("a", "", text);
  made.href = href;
  return made;
}

function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

if (tray) {
  document.addEventListener("archive-begun", ({ detail }) => {
    wait([...waited(), detail.id]);
    look();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (!tray.hidden || waited().size)) look();
  });
  if (Number(tray.dataset.active) || waited().size) look();
}
