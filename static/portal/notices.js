// Notices of works that have ended. They cover nothing: in the workspace they have a row of
// their own, elsewhere they stand at the bottom, with room to scroll the page clear of them. After
// a while they go by themselves; the tray goes on listing what they told.

import { forget, markTold } from "./awaited.js";
import { downloadLink, link, make } from "./elements.js";

const SECONDS = 20; // on screen, and neither pointed at nor focused

export class Notices {
  constructor({ put }) {
    this.root = document.getElementById("desk-ready") ?? document.getElementById("tray-ready");
    this.put = put; // called after a notice is closed or used
    document.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#tick(), 1000);
  }

  has(key) {
    return document.getElementById(`ready-${key}`) !== null;
  }

  show(work, { isDownloading, isFollowed }) {
    const { key, status } = work;
    const notice = make("p", `message ${status === "ready" ? "success" : "warning"}`);
    const close = make("button", "link", "Close");
    close.type = "button";
    close.addEventListener("click", () => this.#done(notice));
    notice.id = `ready-${key}`;
    notice.work = key;
    notice.seconds = SECONDS;
    notice.append(...words(work, { isDownloading, isFollowed }), " ", close);
    notice.querySelector("a").addEventListener("click", () => this.#done(notice));
    this.root.append(notice);
  }

  /** Take away notices of what the tray does not list any more. */
  keep(keys) {
    for (const notice of [...this.root.children]) {
      if (!keys.has(notice.work)) this.#remove(notice);
    }
  }

  #done(notice) {
    forget(notice.work);
    this.#remove(notice);
    this.put();
  }

  #tick() {
    if (document.hidden) return;
    for (const notice of [...this.root.children]) {
      if (notice.matches(":hover, :focus-within")) continue;
      notice.seconds -= 1;
      if (notice.seconds <= 0) this.#putAway(notice);
    }
  }

  /** Escape takes the newest notice away, unless it closes something above the page. */
  #key(event) {
    const notice = this.root.lastElementChild;
    if (event.key !== "Escape" || event.defaultPrevented || !notice) return;
    if (document.querySelector("dialog[open], .side.open")) return;
    event.preventDefault();
    this.#putAway(notice);
  }

  #putAway(notice) {
    markTold(notice.work);
    this.#remove(notice);
  }

  #remove(notice) {
    const hadFocus = notice.contains(document.activeElement);
    notice.remove();
    if (hadFocus) document.getElementById("main").focus();
  }
}

function words(work, { isDownloading, isFollowed }) {
  const { title, status, files_count: files, download_url: url, page_url: page } = work;
  if (status !== "ready") return [`“${title}” is ${status}. `, link(page, "See why")];
  const isReady = `“${title}” is ready`;
  if (isFollowed) {
    return [`${isReady}. If your browser shows an error, `, downloadLink(url, "download it again"), "."];
  }
  if (isDownloading) {
    return [`${isReady}, and its download has started. `, downloadLink(url, "Download again")];
  }
  if (url) return [`${isReady}. `, downloadLink(url, "Download ZIP")];
  return [`${isReady}. `, link(page, files ? `Download its ${files} ZIPs` : "Open it")];
}
