import assert from "node:assert/strict";
import test from "node:test";
import { addressWith, annotationFilterOf, filtersOf, readSettings, toRemember } from "../../../selector/static/selector/workspace/draw_settings.js";

const HERE = "http://portal.example.com/choose?task=1&connection=3";
const ALL = {
  mode: "random_uniform", amount: "25", unit: "share", stage: "acceptance", assignee: "no assignee",
  filename_contains: "cam_a/", filename_pattern: "*[0-4].png", first_frame: "0", last_frame: "99",
};

test("an address has all settings, and gives them back", () => {
  const address = addressWith(HERE, ALL);
  assert.match(address, /task=1&connection=3&mode=random_uniform/);
  assert.deepEqual(readSettings({ search: new URL(address).search, remembered: null }), { isNamed: true, values: ALL });
  assert.equal(addressWith(address, {}), HERE);
});

test("the address counts before what is remembered", () => {
  const remembered = toRemember({ ...ALL, amount: "5" });
  assert.deepEqual(readSettings({ search: "?task=2&stage=annotation", remembered }).values, { stage: "annotation" });
});

test("the next task gets them all", () => {
  assert.deepEqual(readSettings({ search: "?task=2", remembered: toRemember(ALL) }), { isNamed: false, values: ALL });
  assert.deepEqual(filtersOf(ALL), { stage: "acceptance", assignee: "no assignee" });
  assert.deepEqual(filtersOf({ assignee: "" }), {});
});

test("the next task gets the conditions on annotations", () => {
  const filter = { labels_any: ["car"], area_from: 0.5 };
  const { values } = readSettings({ search: "?task=2", remembered: toRemember(ALL, filter) });
  assert.deepEqual(annotationFilterOf(values), filter);
  assert.deepEqual(annotationFilterOf(readSettings({ search: "", remembered: toRemember(ALL) }).values), {});
  assert.deepEqual(annotationFilterOf({ annotation_filter: "{" }), {});
});

test("the numbers of methods are settings like others", () => {
  const values = { mode: "every_nth", frame_step: "30" };
  const names = ["frame_step"];
  const address = addressWith(HERE, values, names);
  assert.deepEqual(readSettings({ search: new URL(address).search, remembered: null }, names).values, values);
  assert.deepEqual(readSettings({ search: "", remembered: toRemember(values) }, names).values, values);
  assert.deepEqual(readSettings({ search: "", remembered: toRemember(values) }).values, { mode: "every_nth" });
  assert.equal(addressWith(address, {}, names), HERE);
});

test("what is remembered may be anything", () => {
  for (const remembered of [null, "", "{", "[]", "7", "null", '{"amount":{"a":1},"x":"y"}']) {
    assert.deepEqual(readSettings({ search: "", remembered }).values, {}, remembered);
  }
});
