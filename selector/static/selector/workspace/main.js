// Wires the workspace together.

import { ApiError, address, get } from "../../portal/api.js";
import { Anchor } from "./anchor.js";
import { AnnotationPanel } from "./annotation_panel.js";
import { Catalog } from "./catalog.js";
import { Choice } from "./choice.js";
import { enableDock } from "./dock.js";
import { METHODS } from "./draw_methods.js";
import { Draft } from "./draft.js";
import { Grid } from "./grid.js";
import { GridOverlay } from "./grid_overlay.js";
import { FrameFilter } from "./frame_filter.js";
import { enableInfo } from "./info.js";
import { Jobs } from "./jobs.js";
import { OnlyChosen } from "./only_chosen.js";
import { openSelection } from "./saved_selection.js";
import { offerResults } from "./results_choice.js";
import { enableKeys } from "./keys.js";
import { Outlines } from "./outlines.js";
import { LabelIndex } from "./label_index.js";
import { Packs } from "./packs.js";
import { enableScrollLabel } from "./scroll_label.js";
import { KnownNames } from "./known_names.js";
import { LeftOut } from "./excluded_selections.js";
import { NearDuplicates } from "./near_duplicates.js";
import { enablePicking } from "./pick.js";
import { enablePointing } from "./pointing.js";
import { enableSide } from "./settings_sheet.js";
import { enableTools } from "./tools.js";
import { facts, plural, said } from "./words.js";
import { Viewer } from "./viewer.js";

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("workspace-data").textContent);

async function load() {
  at("notice").hidden = true;
  at("loading").hidden = false;
  try {
    const opened = data.tasks ? (await import("./several_tasks.js")).openTasks(data) : await openTask();
    performance.mark("catalogue");
    start(opened);
    at("loading").hidden = true;
  } catch (error) {
    at("loading").hidden = true;
    notice(error, mayPass(error) ? load : undefined);
  } finally {
    at("frames").setAttribute("aria-busy", "false");
  }
}

/** One task or job: what start() needs to know of it. openTasks() has the same for several tasks. */
async function openTask() {
  const { api, connection, taskId, jobId } = data;
  const source = { task_id: taskId, ...(jobId ? { job_id: jobId } : {}) };
  const catalog = new Catalog(await get(address(`${api}catalog`, { ...source, connection })));
  const base = jobId ? `${api}jobs/${jobId}` : `${api}tasks/${taskId}`;
  return {
    catalog,
    source,
    key: `${taskId}:${jobId}`,
    fileName: `task_${taskId}${jobId ? `_job_${jobId}` : ""}`,
    heads: () => null,
    rows: () => null,
    labelIndex: () =>
      new LabelIndex((question, signal) => get(`${base}/${question}`, { signal }), connection, catalog),
    facts: () => facts(catalog),
    load: async () => {},
    prepare: async () => {},
    follow: () => {},
  };
}

/** @param {Record<string, any>} opened */
function start({ catalog, source, ...opened }) {
  const choice = new Choice(catalog);
  const packs = new Packs((jobId, chunk, signal) => {
    const path = `${data.api}jobs/${jobId}/thumbnails/${chunk}`;
    const url = address(path, { connection: data.connection, v: catalog.partOfJob(jobId).version });
    return get(url, { signal, read: (response) => response.arrayBuffer() });
  });
  const onlyUrl = (job) =>
    address(data.choose, { task: catalog.partOfJob(job.id).task.id, job: job.id, connection: data.connection });
  const outlines = new Outlines(catalog, (taskId, frames, signal) => {
    const path = `${data.api}tasks/${taskId}/outlines`;
    const url = address(path, { frames, job_id: data.jobId, connection: data.connection });
    return get(url, { signal });
  });
  const overlay = new GridOverlay(at("objects"), catalog, outlines);
  const tasks = opened.heads(choice);
  const grid = new Grid(at("scroller"), at("grid"), { choice, packs, overlay, onlyUrl, tasks });
  const viewer = new Viewer(at("viewer"), { grid, choice, load: opened.load, ...data });
  const jobs = new Jobs(at("bars"), at("job-filters"), choice, opened.rows(choice));
  const prepare = (frames) => opened.prepare(frames, tell);
  const anchor = new Anchor(grid, choice);
  const onlyChosen = new OnlyChosen(at("only-chosen"), choice);
  enableScrollLabel(at("scroll-label"), grid);
  const selectionsUrl = `${data.api}selections`;
  const openLarge = (index) => viewer.open(index);
  at("facts").textContent = opened.facts();
  const tellOfChoice = choiceLine(choice);
  const clear = () => {
    const { size } = choice;
    choice.clear();
    if (size) tellOfChoice(`${plural(size, "frame")} ${size === 1 ? "is" : "are"} no longer chosen.`, { undo: true });
  };
  const frames = new FrameFilter(at("frame-filter"), at("filter"));
  const annotations = new AnnotationPanel(at("annotations"), choice, opened.labelIndex(), failed);
  opened.follow(enableTools({ grid, choice, jobs, frames, annotations, onlyChosen }), grid);
  enablePointing(grid, choice, { anchor, openLarge });
  enableKeys(grid, choice, { anchor, openLarge, clear });
  const leftOut = new LeftOut(at("left-out"), { ...data, selectionsUrl, failed });
  const knownNames = new KnownNames(at("known-names"), data.server);
  enablePicking(at("pick"), choice, {
    source: { connection: data.connection, ...source },
    prepare,
    drawUrl: `${data.api}random-select`,
    jobs,
    annotations,
    frames,
    leftOut,
    knownNames,
    nearDuplicates: new NearDuplicates(at("near-duplicates"), data),
    user: at("dock").dataset.user,
    isKept: data.selection !== null,
    failed,
    tell,
    tellOfChoice,
  });
  enableSide();
  enableInfo(at("info"), choice, opened.fileName);
  const dock = enableDock(at("dock"), choice, {
    ...data,
    selectionsUrl,
    isByAnnotation: () => annotations.isSet || byAnnotation(choice.draw),
    failed,
    tell,
  });
  choice.addEventListener("change", () => {
    at("spoken").textContent = said(choice.size, "frame", "chosen");
  });
  packs.addEventListener("failed", ({ detail }) => {
    // A separate line: messages about choosing and saving must not remove its button.
    failed(at("packs-status"), detail, { again: () => packs.retry() });
  });
  at("objects").addEventListener("click", () => at("objects-status").replaceChildren());
  outlines.addEventListener("failed", ({ detail }) => {
    failed(at("objects-status"), detail, { again: () => outlines.retry() });
  });
  // Without frames to choose from, they would do nothing.
  for (const waiting of document.querySelectorAll("[inert]")) waiting.inert = false;
  const draft = new Draft([at("dock").dataset.user, data.connection, opened.key, data.selection].join(":"), choice, {
    words: [at("name"), at("note")],
    hasUnsaved: () => dock.hasUnsaved,
    prepare,
  });
  if (data.selection === null) offer(draft, dock);
  else open(choice, { dock, leftOut, knownNames, annotations, frames, jobs, prepare }).then(() => offer(draft, dock));
  offerResults(at("viewer-results"), data).catch((error) => failed(at("dock-status"), error));
  if (data.frame !== null) {
    const index = catalog.find(data.frame);
    if (index < 0) tell(`Frame ${data.frame} is not among the frames that can be chosen here.`);
    else grid.goto(index, { flash: true, middle: true });
  }
}

async function open(choice, parts) {
  at("spoken").textContent = "Opening the selection"; // what is inert says nothing
  try {
    await openSelection(choice, { ...parts, ...data, tell, shut });
  } catch (error) {
    const again = error.status === undefined ? undefined : () => open(choice, parts);
    failed(at("dock-status"), error, { again });
  }
}

/** Whether what is annotated decided on the frames of a draw. */
function byAnnotation(draw) {
  return Boolean(draw?.annotation_filter || METHODS.get(draw?.frame_selection_method)?.isPerLabel);
}

/** Offer the choice that was not saved when this page was left or discarded. */
function offer(draft, dock) {
  const { size } = draft;
  if (!size) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = size === 1 ? "Choose it again" : "Choose them again";
  button.addEventListener("click", async () => {
    try {
      const missing = await draft.take();
      dock.refresh();
      const chosen = size - missing;
      const gone = missing ? ` ${plural(missing, "frame")} of it ${missing === 1 ? "is" : "are"} no longer offered here.` : "";
      tell(`${plural(chosen, "frame")} ${chosen === 1 ? "is" : "are"} chosen again, not saved yet.${gone}`);
    } catch (error) {
      failed(at("dock-status"), error, { again: () => offer(draft, dock) });
    }
  });
  const words = `${plural(size, "frame")} ${size === 1 ? "was" : "were"} chosen here before and not saved.`;
  tell(words, button);
}

/** Whether the choice cannot be changed for a while. */
function shut(isShut) {
  for (const id of ["scroller", "tools", "side", "dock"]) at(id).inert = isShut;
}

/** Whether the message is written for people: those of the JavaScript engine are not. */
function isForPeople(error) {
  return error instanceof ApiError || error.constructor === Error;
}

/** Whether another try may succeed: CVAT or the portal fails, or there were too many requests. A task
 * without images has none the next moment either. */
function mayPass({ status }) {
  return status === undefined || status === 0 || status === 429 || status >= 500;
}

/** Show the error instead of the grid. */
function notice(error, again) {
  at("notice").hidden = false;
  failed(at("notice"), error, { again });
}

/** Show the error, with a button to mend it where there is one.
 * @param place @param error @param {{again?: () => void}} [options] */
function failed(place, error, { again } = {}) {
  const words = document.createElement("p");
  words.textContent = isForPeople(error) ? error.message : "This page failed. Reload it and try again.";
  if (!isForPeople(error)) console.error(error);
  place.replaceChildren(words);
  place.classList.add("errors");
  if (error.needsConnection) {
    const link = document.createElement("a");
    link.href = data.connectionsPage;
    link.className = "button";
    link.textContent = "Go to your connections";
    place.append(link);
  } else if (!again && place.id === "notice") {
    const link = document.createElement("a");
    link.href = address(data.choose, { connection: data.connection });
    link.className = "button";
    link.textContent = "Other tasks";
    place.append(link);
  } else if (again) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () => {
      place.replaceChildren();
      again();
    });
    place.append(button);
  }
}

/** A line above the dock; without text it is removed. */
function tell(...words) {
  at("dock-status").classList.remove("errors");
  at("dock-status").replaceChildren(...words);
}

/** A line about the present choice: it is removed when another frame is chosen. */
function choiceLine(choice) {
  let line = null;
  choice.addEventListener("change", () => {
    if (line?.isConnected) tell();
    at("pick-said").hidden = true;
  });
  return (words, { undo = false } = {}) => {
    line = document.createElement("span");
    line.append(words);
    if (undo) line.append(" ", undoButton(choice));
    tell(line);
    // The sheet of settings covers that line.
    at("pick-said").hidden = false;
    at("pick-said").firstElementChild.textContent = words;
  };
}

function undoButton(choice) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = "Undo";
  button.setAttribute("aria-label", "Undo the last change of the choice");
  button.addEventListener("click", () => {
    choice.undo();
    document.getElementById("scroller").querySelector('.cell[tabindex="0"]')?.focus();
  });
  return button;
}

load();
