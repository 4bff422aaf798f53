// The lines of the tray: what runs with its progress, then what has ended and was not put away.

import { forget } from "./awaited.js";
import { downloadLink, link, make } from "./elements.js";

export class TrayList {
  #known = "";

  constructor(tray, { cancel, changed }) {
    this.tray = tray;
    this.cancel = cancel;
    this.changed = changed;
    this.root = tray.querySelector("#tray-list");
    this.title = tray.querySelector("#tray-title");
    this.bar = tray.querySelector("#tray-progress");
  }

  show(running, ended) {
    this.title.textContent = summary(running, ended);
    this.bar.hidden = !running.length;
    this.bar.value = sum(running, "frames_done") / (sum(running, "frames_total") || 1);
    const now = [...running.map(({ key }) => key), "|", ...ended.map(({ key }) => key)].join();
    if (now !== this.#known) this.#list(running, ended);
    this.#known = now;
    for (const work of running) {
      const item = document.getElementById(`tray-${work.key}`);
      item.querySelector("progress").max = work.frames_total || 1;
      item.querySelector("progress").value = work.frames_done;
      item.querySelector("span").textContent = facts(work);
    }
  }

  /** The lines, with the keyboard where it was: on the next one if its own is gone. */
  #list(running, ended) {
    const lines = [...this.root.children];
    const held = lines.findIndex((item) => item.contains(document.activeElement));
    const kind = document.activeElement.localName;
    this.root.replaceChildren(
      ...running.map((work) => this.#running(work)),
      ...ended.map((work) => this.#ended(work)),
    );
    if (held < 0 || !this.root.children.length) return;
    const next = document.getElementById(lines[held].id) ?? this.root.children[held];
    (next?.querySelector(kind) ?? this.tray.querySelector("summary")).focus();
  }

  #running(work) {
    const { key, title } = work;
    const item = this.#line(work);
    const progress = make("progress");
    progress.setAttribute("aria-label", "Frames fetched");
    const cancel = this.#button("Cancel", `Cancel ${title}`, async () => {
      await this.cancel(work);
      forget(key);
      this.changed();
    });
    item.append(cancel, progress, make("span", "muted small"));
    return item;
  }

  #ended(work) {
    const { key, title, status, download_url: url, page_url: page, files_bytes: size } = work;
    const item = this.#line(work);
    const open = url ? downloadLink(url, "Download", "button") : link(page, "Open", "button");
    open.setAttribute("aria-label", `${open.textContent} ${title}`);
    open.addEventListener("click", () => {
      forget(key);
      setTimeout(this.changed); // after the link is followed, which needs it in the page
    });
    const remove = this.#button("Remove from this list", `Remove ${title} from this list`, () => {
      forget(key);
      this.changed();
    });
    remove.className = "link";
    const foot = make("span", "muted small", size ? `${status} · ${megabytes(size)} ` : `${status} `);
    foot.append(remove);
    item.append(open, foot);
    return item;
  }

  #line({ key, title, page_url: page }) {
    const item = make("li", "tray-line");
    item.id = `tray-${key}`;
    item.append(link(page, title, "tray-name"));
    return item;
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

function summary(running, ended) {
  if (running.length) {
    const [activity, ...others] = new Set(running.map((work) => work.activity));
    return `${running.length} ${others.length ? "running" : activity}`;
  }
  const isReady = ended.every(({ status }) => status === "ready");
  return `${ended.length} ${isReady ? "ready" : "ended"}`;
}

function sum(works, field) {
  return works.reduce((total, work) => total + work[field], 0);
}

function facts({ status, frames_done: done, frames_total: total, ...work }) {
  if (status === "queued") return "waiting for a worker";
  const { bytes_per_second: rate, seconds_left: left } = work;
  return [
    `${done.toLocaleString("en")} of ${total.toLocaleString("en")} frames`,
    rate && `${megabytes(rate)}/s`,
    left !== null && `${duration(left)} left`,
    work.waiting_for,
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
