// Opens a saved selection as the choice.

import { address, get } from "../../portal/api.js";
import { METHODS } from "./draw_methods.js";
import { MethodSettings } from "./method_settings.js";
import { missingInWords } from "./missing_frames.js";

const AT_ONCE = 1000; // frames an answer has at most
const SIDE_BY_SIDE = 4; // answers

/** Choose the frames that a selection has of this task, and report the result. The grid is locked until
 * they are loaded: what is chosen meanwhile would be lost. */
export async function openSelection(choice, { dock, leftOut, annotations, api, selection: id, tell, shut, ...here }) {
  shut(true);
  try {
    tell("Opening the selection…");
    const selection = await get(`${api}selections/${id}`);
    if (selection.url !== here.server) throw new Error(`“${selection.name}” is of another CVAT server, ${selection.url}.`);
    tell(`Opening “${selection.name}”…`);
    const chosen = await frames(api, id, here.taskId);
    const draw = drawOf(selection, here);
    const missing = choice.take(chosen.map(({ frame }) => frame), {
      draw, jobIds: chosen.map(({ job_id: job }) => job),
    });
    // The choice is the selection itself only if all of it is here.
    dock.opened(selection, { isWhole: !missing.length && chosen.length === selection.frames_count });
    if (draw) fill(document.getElementById("pick"), { leftOut, annotations }, draw);
    const what = `${choice.size.toLocaleString("en")} frames of “${selection.name}” are chosen.`;
    const names = new Map(chosen.map(({ frame, filename }) => [frame, filename]));
    const gone = missing.map((number) => ({ number, name: names.get(number) }));
    tell([what, missingInWords(gone, choice.catalog, { isJob: Boolean(here.jobId) })].join(" ").trim());
  } catch (error) {
    if (error.status !== 404) throw error;
    throw new Error("This selection is not there any more, or not shared with you.", { cause: error });
  } finally {
    shut(false);
  }
}

async function frames(api, id, taskId) {
  const page = (number) =>
    get(address(`${api}selections/${id}/frames`, { task_id: taskId, page: number, page_size: AT_ONCE }));
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
 * from another task or job than is open here.
 * @param selection @param {Record<string, any>} here */
function drawOf({ draw }, { connection, taskId, jobId }) {
  if (draw === null || draw.task_id !== taskId || draw.job_id !== (jobId ?? null)) return null;
  const { job_id: job, ...given } = draw;
  return { connection, ...given, ...(job === null ? {} : { job_id: job }) };
}

/** The panel as it was for that draw, unless it drew from some of the jobs only: which of them the
 * filters showed then need not be those that they show now. */
function fill(form, { leftOut, annotations }, { job_ids: jobs, exclude_selections: without = [], filename_contains: names = "", annotation_filter: annotated = {}, ...draw }) {
  const method = draw.frame_selection_method;
  const hasMode = [...form.elements.mode].some(({ value }) => value === method);
  if (jobs || !hasMode) return;
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
  annotations.choose(annotated);
  const filter = document.getElementById("filter");
  filter.value = names;
  filter.dispatchEvent(new Event("input"));
  form.dispatchEvent(new Event("change"));
}
