// A saved selection as what is chosen to begin with.

import { address, get } from "../../portal/api.js";
import { missingInWords } from "./missing.js";

const AT_ONCE = 1000; // frames an answer has at most
const SIDE_BY_SIDE = 4; // answers

/** Choose the frames that a selection has of this task, and tell how it went. What is chosen
 * meanwhile would be lost, so there is nothing to choose with until they are there. */
export async function openKept(choice, { dock, leftOut, api, selection: id, tell, shut, ...here }) {
  shut(true);
  try {
    tell("Opening the selection…");
    const kept = await get(`${api}selections/${id}`);
    if (kept.url !== here.server) throw new Error(`“${kept.name}” is of another CVAT server, ${kept.url}.`);
    tell(`Opening “${kept.name}”…`);
    const chosen = await frames(api, id, here.taskId);
    const draw = drawOf(kept, here);
    const missing = choice.take(chosen.map(({ frame }) => frame), {
      draw, jobIds: chosen.map(({ job_id: job }) => job),
    });
    // The choice is the selection itself only if all of it is here.
    dock.opened(kept, { isWhole: !missing.length && chosen.length === kept.frames_count });
    if (draw) fill(document.getElementById("pick"), leftOut, draw);
    const what = `${choice.size.toLocaleString("en")} frames of “${kept.name}” are chosen.`;
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

/** How it was drawn, or adjusted from a draw, as the API wants to be told of it; null where that
 * was no draw from what is open here. The API reads it alike to draw again.
 * @param kept @param {Record<string, any>} here */
function drawOf({ parameters, random_seed: seed }, { connection, taskId, jobId }) {
  const { random_seed: itsSeed = seed, ...given } = parameters.adjusted_from ?? parameters;
  const amounts = Object.keys(given).filter((name) => /_(count|share)$/.test(name));
  if (amounts.length !== 1 || given.task_id !== taskId) return null;
  if ((given.job_id ?? null) !== (jobId ?? null)) return null;
  if (given.job_id === null) delete given.job_id;
  const isPerJob = amounts[0].startsWith("frames_per_job");
  const method = isPerJob ? "random_per_job" : "random_uniform";
  return { connection, ...given, frame_selection_method: method, random_seed: itsSeed };
}

/** The panel as it was for that draw, unless it drew from some of the jobs only: which of them the
 * filters showed then need not be those that they show now. */
function fill(form, leftOut, { job_ids: jobs, exclude_selections: without = [], filename_contains: names = "", ...draw }) {
  const method = draw.frame_selection_method;
  const hasMode = [...form.elements.mode].some(({ value }) => value === method);
  if (jobs || !hasMode) return;
  const [name, amount] = Object.entries(draw).find(([each]) => /_(count|share)$/.test(each));
  const isShare = name.endsWith("_share");
  form.elements.mode.value = method;
  form.elements.unit.value = isShare ? "share" : "count";
  form.elements.amount.value = isShare ? Number((amount * 100).toPrecision(12)) : amount;
  form.elements.seed.value = draw.random_seed;
  leftOut.choose(without);
  const filter = document.getElementById("filter");
  filter.value = names;
  filter.dispatchEvent(new Event("input"));
  form.dispatchEvent(new Event("change"));
}
