// Opens a saved selection as the choice.

import { address, get } from "../../portal/api.js";
import { METHODS } from "./draw_methods.js";
import { filtersOf } from "./draw_settings.js";
import { MethodSettings } from "./method_settings.js";
import { missingInWords } from "./missing_frames.js";

const SOURCES = ["task_id", "job_id", "task_ids", "project_id"]; // of a draw, and of the page
const AT_ONCE = 1000; // frames an answer has at most
const SIDE_BY_SIDE = 4; // answers

/** Choose the frames that a selection has of what is open, and report the result. The grid is locked until
 * they are loaded: what is chosen meanwhile would be lost. */
export async function openSelection(choice, { dock, leftOut, knownNames, annotations, frames: frameFilter, jobs, prepare, api, selection: id, tell, shut, ...here }) {
  shut(true);
  try {
    tell("Opening the selection…");
    const selection = await get(`${api}selections/${id}`);
    if (selection.url !== here.server) throw new Error(`“${selection.name}” is of another CVAT server, ${selection.url}.`);
    tell(`Opening “${selection.name}”…`);
    const chosen = await frames(api, selection, here.taskId);
    await prepare(chosen);
    const draw = drawOf(selection, here);
    const missing = choice.take(chosen, { draw });
    // The choice is the selection itself only if all of it is here.
    dock.opened(selection, { isWhole: !missing.length && chosen.length === selection.frames_count });
    if (draw) fill(document.getElementById("pick"), { leftOut, knownNames, annotations, frames: frameFilter, jobs }, draw);
    const what = `${choice.size.toLocaleString("en")} frames of “${selection.name}” are chosen.`;
    tell([what, missingInWords(missing, choice.catalog, { isJob: Boolean(here.jobId) })].join(" ").trim());
  } catch (error) {
    if (error.status !== 404) throw error;
    throw new Error("This selection is not there any more, or not shared with you.", { cause: error });
  } finally {
    shut(false);
  }
}

/** The frames of one revision, also if somebody changes them while they are read. */
async function frames(api, { id, revision, may_edit: mayEdit }, taskId) {
  const which = { task_id: taskId, revision: mayEdit ? revision : null };
  const page = (number) =>
    get(address(`${api}selections/${id}/frames`, { ...which, page: number, page_size: AT_ONCE }));
  const pages = [await page(1)];
  const last = Math.ceil(pages[0].count / AT_ONCE);
  let next = 2;
  const fetching = Array.from({ length: SIDE_BY_SIDE }, async () => {
    while (next <= last) {
      const number = next++;
      pages[number - 1] = await page(number);
    }
  });
  await Promise.all(fetching);
  return pages.flatMap(({ results }) => results);
}

/** The draw that the selection began with, as the API takes it; null without one, and for a draw
 * from something else than is open here.
 * @param selection @param {Record<string, any>} here
 * @returns {Record<string, any> | null} */
function drawOf({ draw }, { connection, taskId, jobId, scope = { task_id: taskId, job_id: jobId } }) {
  if (draw === null || SOURCES.some((name) => !isSame(draw[name], scope[name]))) return null;
  return { connection, ...Object.fromEntries(Object.entries(draw).filter(([, value]) => value !== null)) };
}

/** Whether it is the same id, or the same ids; null is none. */
function isSame(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** The panel as it was for that draw, unless it drew from some of the jobs only: which of them the
 * filters showed then need not be those that they show now.
 * @param form @param parts
 * @param {Record<string, any>} draw */
function fill(form, { leftOut, knownNames, annotations, frames: frameFilter, jobs }, { job_ids: some, exclude_selections: without = [], exclude_filenames: names, annotation_filter: annotated = {}, ...draw }) {
  const method = draw.frame_selection_method;
  const hasMode = [...form.elements.mode].some(({ value }) => value === method);
  if (some || !hasMode) return;
  form.elements.mode.value = method;
  const given = METHODS.get(method).amounts.find((each) => each.name in draw);
  if (given) {
    const amount = draw[given.name];
    form.elements.unit.value = given.kind;
    form.elements.amount.value = given.kind === "share" ? Number((amount * 100).toPrecision(12)) : amount;
  }
  new MethodSettings(form).fill(draw);
  form.elements.seed.value = draw.random_seed;
  leftOut.choose(without);
  knownNames.choose(names);
  annotations.choose(annotated);
  jobs.filterBy(filtersOf(draw), { isStrict: true });
  frameFilter.choose(draw);
  form.dispatchEvent(new Event("change"));
}
