import assert from "node:assert/strict";
import test from "node:test";
import { TaskQuestions } from "../../../selector/static/selector/workspace/task_questions.js";

/** Questions to an API that answers by `answer`, and what it was asked. */
function questions(answer = (id) => ({ task_id: id })) {
  const asked = [];
  const api = new TaskQuestions(async (question) => {
    const ids = new URLSearchParams(question.split("?")[1]).getAll("task_ids").map(Number);
    asked.push(ids);
    return { tasks: ids.map((id) => answer(id, ids)) };
  });
  return { api, asked };
}

const numbers = (count) => Array.from({ length: count }, (_, at) => at + 1);

test("the questions of a moment are requests for at most twenty tasks", async () => {
  const { api, asked } = questions();
  const answers = await Promise.all(numbers(45).map((id) => api.ask("labels?connection=1", id)));
  assert.deepEqual(answers.map(({ task_id: id }) => id), numbers(45));
  assert.deepEqual(asked.map((ids) => ids.length), [20, 20, 5]);
});

test("different questions are requests of their own", async () => {
  const { api, asked } = questions();
  await Promise.all([api.ask("labels?connection=1", 1), api.ask("labels?connection=2", 2), api.ask("labels?connection=1", 3)]);
  assert.deepEqual(asked, [[1, 3], [2]]);
});

test("an error of one task is not that of the others", async () => {
  const gone = Object.assign(new Error("gone"), { status: 404 });
  const { api } = questions((id) => {
    if (id === 2) throw gone;
    return { task_id: id };
  });
  const answers = await Promise.allSettled(numbers(3).map((id) => api.ask("labels?connection=1", id)));
  assert.deepEqual(answers.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
});

test("an error of the portal is that of all tasks, and not asked again one by one", async () => {
  const { api, asked } = questions(() => {
    throw Object.assign(new Error("failed"), { status: 500 });
  });
  const answers = await Promise.allSettled(numbers(3).map((id) => api.ask("labels?connection=1", id)));
  assert.deepEqual(answers.map(({ status }) => status), ["rejected", "rejected", "rejected"]);
  assert.equal(asked.length, 1);
});
