// A saved selection as what is chosen to begin with.

import { address, get } from "../../portal/api.js";

const AT_ONCE = 1000; // frames an answer has at most

/** Choose the frames that a selection has of this task, and tell how it went. */
export async function openKept(choice, dock, { api, selection: id, taskId, tell }) {
  const kept = await get(`${api}selections/${id}`);
  const numbers = await frames(api, id, taskId);
  const missing = choice.take(numbers);
  // The choice is the selection itself only if all of it is here.
  dock.opened(kept, { isWhole: !missing.length && numbers.length === kept.frames_count });
  const what = `${choice.size.toLocaleString("en")} frames of “${kept.name}” are chosen.`;
  tell(missing.length ? `${what} ${missing.length} are no longer offered here.` : what);
}

async function frames(api, id, taskId) {
  const numbers = [];
  for (let page = 1; ; page += 1) {
    const parameters = { task_id: taskId, page, page_size: AT_ONCE };
    const found = await get(address(`${api}selections/${id}/frames`, parameters));
    for (const { frame } of found.results) numbers.push(frame);
    if (!found.next) return numbers;
  }
}
