// Whose objects the large view shows: those of the task, or the results of a publication of the selection
// that is open.

import { address, get } from "../../portal/api.js";

const MOST = 100; // of the newest publications

/** Fill the choice with the publications that have results; without any it stays hidden. A change event
 * tells that one of them is chosen at once.
 * @param {HTMLSelectElement} select
 * @param {{api: string, selection: number | null, results: number | null}} parts `selection` is the one that
 *   is open; `results` is a publication to choose at once */
export async function offerResults(select, { api, selection, results }) {
  if (selection === null && results === null) return;
  const listed = selection === null ? [] : await newest(api, selection);
  // An old one, or one of another selection.
  if (results !== null && !listed.some(({ id }) => id === results)) listed.push(await get(`${api}publications/${results}`));
  const offered = listed.filter(({ results_title: title }) => title);
  if (!offered.length) return;
  select.append(...offered.map(({ id, results_title: title }) => new Option(title, id)));
  select.parentElement.hidden = false;
  if (offered.some(({ id }) => id === results)) {
    select.value = String(results);
    select.dispatchEvent(new Event("change"));
  }
}

async function newest(api, selection) {
  const wanted = { selection, status: "ready", ordering: "-created_at", page_size: MOST };
  return (await get(address(`${api}publications`, wanted))).results;
}
