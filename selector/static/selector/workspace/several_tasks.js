// What differs in the workspace when several tasks are open: their frames are loaded as they are looked
// at or needed, and stand under headings of their tasks.

import { address, get } from "../../portal/api.js";
import { JoinedCatalog } from "./joined_catalog.js";
import { JoinedLabels } from "./joined_labels.js";
import { LabelIndex } from "./label_index.js";
import { TaskHeads } from "./task_headings.js";
import { TaskLoading } from "./task_loading.js";
import { TaskQuestions } from "./task_questions.js";
import { TaskRows } from "./task_rows.js";
import { plural } from "./words.js";

const PAUSE = 120; // ms between two tasks that are shown, while many come in

/** @param {Record<string, any>} data of the page */
export function openTasks({ tasks, scope, api, choose, connection }) {
  const catalog = new JoinedCatalog(tasks);
  const loading = new TaskLoading(catalog, (id) => get(address(`${api}catalog`, { task_id: id, connection })));
  const ids = tasks.map(({ id }) => id);
  return {
    catalog,
    loading,
    source: scope,
    key: JSON.stringify(scope),
    fileName: scope.project_id ? `project_${scope.project_id}` : `${ids.length}_tasks`,
    heads: (choice) => new TaskHeads(choice, loading, ({ id }) => address(choose, { task: id, connection })),
    rows: (choice) => new TaskRows(choice),
    labelIndex: () => {
      const questions = new TaskQuestions((question, options) => get(`${api}${question}`, options));
      const ask = (id) => (question, signal) => questions.ask(question, id, signal);
      return new JoinedLabels(catalog, (part) => new LabelIndex(ask(part.task.id), connection, part));
    },
    facts: () => "", // the page says how many tasks and frames
    load: (task) => loading.all([task]),
    prepare: (frames, tell) => prepare({ catalog, loading }, frames, tell),
    follow: (show, grid) => follow({ catalog, loading }, show, grid),
  };
}

/** Load the tasks of these frames, and say how far that is. Frames of other tasks are passed over. */
async function prepare({ catalog, loading }, frames, tell) {
  const ids = new Set(frames.map(({ task_id: id }) => id));
  const tasks = [...ids].map((id) => catalog.task(id)).filter(Boolean);
  if (tasks.every(({ part }) => part)) return;
  await loading.all(tasks, (done, all) => {
    if (all > 1) tell(`Loading the frames: ${done.toLocaleString("en")} of ${plural(all, "task")}…`);
  });
}

/** Have the grid show the tasks that come in, not each by itself when they are many. */
function follow({ catalog, loading }, show, grid) {
  let timer = null;
  const now = () => {
    clearTimeout(timer);
    timer = null;
    show();
  };
  catalog.addEventListener("added", () => (timer ??= setTimeout(now, catalog.loaded.length < 3 ? 0 : PAUSE)));
  loading.addEventListener("settled", () => timer !== null && now());
  loading.addEventListener("change", () => {
    grid.heads.refresh();
    if (timer === null) grid.ask(); // a task that is shown soon moves those below it out of the window
  });
}
