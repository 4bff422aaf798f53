// Wires the chooser together.

import { post } from "./api.js";
import { Choice } from "./choice.js";
import { enableDock } from "./dock.js";
import { FrameList } from "./frame_list.js";
import { enableInfo } from "./info_dialog.js";
import { enableMarking } from "./marking.js";
import { enablePicking, source } from "./pick_form.js";
import { enableSummary } from "./summary.js";

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("chooser-data").textContent);

async function load() {
  at("loading").replaceChildren("Loading the frames from CVAT…");
  try {
    start(await post(data.loadUrl, source(data)));
    at("loading").remove();
  } catch (error) {
    failed(at("loading"), error);
    const again = document.createElement("button");
    again.className = "button";
    again.textContent = "Try again";
    again.addEventListener("click", load);
    at("loading").append(" ", again);
  } finally {
    at("frames").setAttribute("aria-busy", "false");
  }
}

function start(catalog) {
  const choice = new Choice(catalog);
  const list = new FrameList(at("jobs"), choice, { jobLink });
  at("about").textContent = facts(catalog);
  enableSummary(at("summary"), choice);
  enablePicking(at("pick"), choice, data, { failed, tell });
  enableMarking(list, choice);
  enableDock(at("dock"), choice, data, { failed, tell });
  enableInfo(at("info"), choice, data);
  enableTools(list, choice);
  list.show();
  // Until there is something to choose from, the settings would do nothing.
  for (const waiting of document.querySelectorAll("[inert]")) waiting.inert = false;
  if (data.frame !== null) list.focus(choice.places.get(data.frame));
}

function enableTools(list, choice) {
  const filter = at("filter");
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    list.show(({ filename }) => filename.toLowerCase().includes(wanted));
    at("select-all").textContent = wanted ? "Select shown" : "Select all";
    at("invert").textContent = wanted ? "Invert shown" : "Invert";
    at("shown").textContent = wanted ? `${list.order.length} of ${choice.frames.length} shown` : "";
  });
  at("select-all").addEventListener("click", () => choice.set(list.order, true));
  at("invert").addEventListener("click", () => choice.invert(list.order));
  at("clear").addEventListener("click", () => choice.clear());
}

function facts({ count, jobs, mode, deleted_count: deleted, honeypot_count: honeypots }) {
  const kind = mode === "interpolation" ? "video frame" : "image";
  const left = [
    deleted && `${deleted} deleted left out`,
    honeypots && `${honeypots} honeypot ${honeypots === 1 ? "copy" : "copies"} left out`,
  ];
  const parts = [plural(count, kind), plural(jobs.length, "job"), ...left.filter(Boolean)];
  return parts.map((part) => ` · ${part}`).join("");
}

function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function jobLink(job) {
  return `?task=${data.taskId}&job=${job.id}&connection=${data.connection}`;
}

/** Say what went wrong, with the way to the connections where that helps. */
function failed(place, error) {
  place.replaceChildren(error.message);
  place.classList.add("errors");
  if (!error.needsConnection) return;
  const link = document.createElement("a");
  link.href = data.connectionsPage;
  link.textContent = "Go to your connections";
  place.append(" ", link, ".");
}

/** A line above the dock; without words it goes away. */
function tell(...words) {
  at("dock-status").classList.remove("errors");
  at("dock-status").replaceChildren(...words);
}

// On a phone the frames come before the settings.
if (matchMedia("(max-width: 820px)").matches) {
  for (const fold of document.querySelectorAll(".fold")) fold.open = false;
}
load();
