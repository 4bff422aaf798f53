// The lines of the tray: what runs with its progress, then what has ended and was not put away.

import { forget } from "./awaited.js";
import { downloadLink, link, make } from "./elements.js";

export class TrayList {
  #known = "";

  constructor(tray, { pageOf, cancel, changed }) {
    this.tray = tray;
    this.pageOf = pageOf;
    this.cancel = cancel;
    this.changed = changed;
    this.root = tray.querySelector("#tray-list");
    this.title = tray.querySelector("#tray-title");
    this.bar = tray.querySelector("#tray-progress");
  }

  show(running, ended) {
    this.title.textContent = title(running, ended);
    this.bar.hidden = !running.length;
    this.bar.value = sum(running, "frames_done") / (sum(running, "frames_total") || 1);
    const now = [...running.map(({ id }) => id), "|", ...ended.map(({ id }) => id)].join();
    if (now !== this.#known) this.#list(running, ended);
    this.#known = now;
    for (const archive of running) {
      const item = document.getElementById(`tray-${archive.id}`);
      item.querySelector("progress").max = archive.frames_total || 1;
      item.querySelector("progress").value = archive.frames_done;
      item.querySelector("span").textContent = facts(archive);
    }
  }

  /** The lines, with the keyboard where it was: on the next one if its own is gone. */
  #list(running, ended) {
    const lines = [...this.root.children];
    const held = lines.findIndex((item) => item.contains(document.activeElement));
    const kind = document.activeElement.localName;
    this.root.replaceChildren(
      ...running.map((archive) => this.#running(archive)),
      ...ended.map((archive) => this.#ended(archive)),
    );
    if (held < 0 || !this.root.children.length) return;
    const next = document.getElementById(lines[held].id) ?? this.root.children[held];
    (next?.querySelector(kind) ?? this.tray.querySelector("summary")).focus();
  }

  #running(archive) {
    const { item, name } = this.#line(archive);
    const progress = make("progress");
    progress.setAttribute("aria-label", "Frames fetched");
    const cancel = this.#button("Cancel", `Cancel ${name}`, async () => {
      await this.cancel(archive.id);
      forget(archive.id);
      this.changed();
    });
    item.append(cancel, progress, make("span", "muted small"));
    return item;
  }

  #ended(archive) {
    const { id, status, parts, download_url: url, size } = archive;
    const { item, name } = this.#line(archive);
    const isOne = status === "ready" && parts.length === 1;
    const open = isOne ? downloadLink(url, "Download", "button") : link(this.pageOf(id), "Open", "button");
    open.setAttribute("aria-label", `${open.textContent} ${name}`);
    open.addEventListener("click", () => {
      forget(id);
      setTimeout(this.changed); // after the link is followed, which needs it in the page
    });
    const remove = this.#button("Remove from this list", `Remove ${name} from this list`, () => {
      forget(id);
      this.changed();
    });
    remove.className = "link";
    const foot = make("span", "muted small", size ? `${status} · ${megabytes(size)} ` : `${status} `);
    foot.append(remove);
    item.append(open, foot);
    return item;
  }

  #line({ id, selection_name: name }) {
    const item = make("li", "tray-line");
    item.id = `tray-${id}`;
    item.append(link(this.pageOf(id), name, "tray-name"));
    return { item, name };
  }

  /** Busy, it is not disabled, which would lose the keyboard. */
  #button(text, label, act) {
    const button = make("button", "button", text);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => {
      if (button.ariaDisabled === "true") return;
      button.ariaDisabled = "true";
      act();
    });
    return button;
  }
}

function title(running, ended) {
  if (running.length) return `${running.length} building`;
  const isReady = ended.every(({ status }) => status === "ready");
  return `${ended.length} ${isReady ? "ready" : "ended"}`;
}

function sum(archives, key) {
  return archives.reduce((total, archive) => total + archive[key], 0);
}

function facts({ status, frames_done: done, frames_total: total, ...archive }) {
  if (status === "queued") return "waiting for a worker";
  const { bytes_per_second: rate, seconds_left: left } = archive;
  return [
    `${done.toLocaleString("en")} of ${total.toLocaleString("en")} frames`,
    rate && `${megabytes(rate)}/s`,
    left !== null && `${duration(left)} left`,
    archive.waiting_for,
  ].filter(Boolean).join(" · ");
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 })} MB`;
}

function duration(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
