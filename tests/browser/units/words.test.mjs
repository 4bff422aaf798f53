import assert from "node:assert/strict";
import test from "node:test";
import { chosenOf, drawShortage, facts, frameRange, jobFacts, labelShortage, listed, shortage } from "../../../selector/static/selector/workspace/words.js";
import { catalogOf, overlapping } from "./catalogs.mjs";

test("a range of one frame is one frame", () => {
  assert.equal(frameRange(0, 49), "frames 0–49");
  assert.equal(frameRange(7, 7), "frame 7");
});

test("a job says which frames it shares", () => {
  const catalog = overlapping();
  const facts = (at) => jobFacts(catalog.jobs[at], catalog.sharing(catalog.jobs[at]));
  assert.equal(facts(0), "frames 0–9 · annotation · new · 2 also in job 32");
  assert.equal(facts(1), "frames 8–17 · annotation · new · 2 also in job 31, 2 also in job 33");
});

test("why a job gave fewer than asked", () => {
  const few = { selected: 5, requested: 10, total: 5, reason: "too_few_frames", counted_for_other_jobs: [] };
  assert.equal(shortage(few), "5 of 10: it has only 5");
  assert.equal(shortage(few, true), "5 of 10: only 5 of its frames can be drawn");
  const none = { ...few, selected: 0, total: 0 };
  assert.equal(shortage(none, true), "0 of 10: none of its frames can be drawn");
  const taken = {
    selected: 5, requested: 8, total: 8, reason: "counted_for_other_jobs",
    counted_for_other_jobs: [{ job_id: 1, frames_count: 2 }, { job_id: 3, frames_count: 1 }],
  };
  assert.equal(shortage(taken), "5 of 8: 2 of its frames were taken for job 1, 1 for job 3");
  assert.equal(shortage({ ...taken, requested: 10 }), "5 of 10: it has only 8, and 2 of them were taken for job 1, 1 for job 3");
  assert.equal(shortage({ selected: 8, requested: 8, total: 9, reason: "" }), "");
  assert.equal(shortage({ ...taken, reason: "" }), "5 picked for it, 2 for job 1, 1 for job 3");
});

test("long lists end", () => {
  assert.equal(listed(["a", "b", "c", "d"]), "a, b, c, d");
  assert.equal(listed(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
});

test("a ground-truth job that is left out is named", () => {
  const catalog = catalogOf([3]);
  assert.equal(facts(catalog), " · 3 images · 1 job");
  catalog.otherJobs = [{ id: 14, type: "ground_truth" }, { id: 15, type: "consensus_replica" }];
  assert.equal(facts(catalog), " · 3 images · 1 job · ground-truth job 14, replica 15 left out");
});

test("a draw by label says of which there are too few", () => {
  const full = { label: "car", selected: 12, requested: 10 };
  const few = { label: "dog", selected: 3, requested: 10 };
  assert.equal(labelShortage([full]), ".");
  assert.equal(labelShortage([full, few]), ". Fewer than asked for: 3 of 10 with “dog”.");
});

test("a draw over all says why it has too few", () => {
  const few = { count: 39, requested: 50, total_available: 39 };
  assert.equal(drawShortage(few, "are annotated like this"), ", fewer than the 50 asked for: only 39 are annotated like this.");
  assert.equal(drawShortage(few, ""), ", fewer than the 50 asked for.");
  assert.equal(drawShortage({ ...few, total_available: 60 }, "can be drawn"), ", fewer than the 50 asked for.");
  assert.equal(drawShortage({ ...few, count: 50 }, "can be drawn"), ".");
});

test("how many of the frames of a label are chosen", () => {
  assert.equal(chosenOf(0, 105), "0 of 105 frames chosen");
  assert.equal(chosenOf(1, 1), "1 of 1 frame chosen");
  assert.equal(chosenOf(undefined, 1200), "1,200 frames");
});
