// Notices of archives that have ended. They cover nothing: in the workspace they have a row of
// their own, elsewhere they stand at the bottom, with room to scroll the page clear of them. After
// a while they go by themselves; the tray goes on listing what they told.

import { forget, markTold } from "./awaited.js";
import { downloadLink, link, make } from "./elements.js";

const SECONDS = 20; // on screen, and neither pointed at nor focused

export class Notices {
  constructor({ put, pageOf }) {
    this.root = document.getElementById("desk-ready") ?? document.getElementById("tray-ready");
    this.put = put; // called after a notice is closed or used
    this.pageOf = pageOf;
    document.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#tick(), 1000);
  }

  has(id) {
    return document.getElementById(`ready-${id}`) !== null;
  }

  show(archive, name, { isDownloading }) {
    const { id, status } = archive;
    const notice = make("p", `message ${status === "ready" ? "success" : "warning"}`);
    const close = make("button", "link", "Close");
    close.type = "button";
    close.addEventListener("click", () => this.#done(notice));
    notice.id = `ready-${id}`;
    notice.archive = id;
    notice.seconds = SECONDS;
    notice.append(...words(archive, name, { isDownloading, page: this.pageOf(id) }), " ", close);
    notice.querySelector("a").addEventListener("click", () => this.#done(notice));
    this.root.append(notice);
  }

  /** Take away notices of what the tray does not list any more. */
  keep(ids) {
    for (const notice of [...this.root.children]) {
      if (!ids.has(notice.archive)) this.#remove(notice);
    }
  }

  #done(notice) {
    forget(notice.archive);
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
    markTold(notice.archive);
    this.#remove(notice);
  }

  #remove(notice) {
    const hadFocus = notice.contains(document.activeElement);
    notice.remove();
    if (hadFocus) document.getElementById("main").focus();
  }
}

function words({ status, parts, download_url: url }, name, { isDownloading, page }) {
  if (status === "ready" && isDownloading) {
    return [`“${name}” is ready, and its download has started. `, downloadLink(url, "Download again")];
  }
  if (status === "ready" && parts.length === 1) {
    return [`“${name}” is ready. `, downloadLink(url, "Download ZIP")];
  }
  if (status === "ready") {
    return [`“${name}” is ready. `, link(page, `Download its ${parts.length} ZIPs`)];
  }
  return [`“${name}” is ${status}. `, link(page, "See why")];
}
