import assert from "node:assert/strict";
import { test } from "node:test";

import { filterIn, isSet, parametersOf, tidy, withFilter } from "../../../selector/static/selector/workspace/annotation_filter.js";

const FILTER = {
  labels_any: ["car", "traffic sign"],
  labels_none: ["100% sure: yes=no"],
  objects_from: 0,
  area_to: 0.25,
  annotated: true,
  occluded: false,
  sources: ["manual"],
  attributes: [
    { label: "a:b", name: "x=y", value: "1:2=3" },
    { label: "100%", name: "", value: "" },
  ],
};

test("a filter comes back from an address", () => {
  const { search } = new URL(withFilter("https://example.com/choose?task=1&mode=manual", FILTER));
  assert.deepEqual(filterIn(search), FILTER);
  assert.equal(new URLSearchParams(search).get("task"), "1");
});

test("another filter takes the place of the one in the address", () => {
  const before = withFilter("https://example.com/choose?task=1", FILTER);
  assert.equal(withFilter(before, {}), "https://example.com/choose?task=1");
});

test("label and name of an attribute are escaped as the API reads them", () => {
  const attributes = [{ label: "a:b", name: "x=y", value: "1:2=3" }];
  assert.deepEqual(parametersOf({ attributes }), [["attribute", "a%3Ab:x%3Dy=1:2=3"]]);
});

test("what limits nothing is left out, a zero and false are not", () => {
  const filter = tidy({ labels_any: [], objects_from: 0, objects_to: null, occluded: false, annotated: "" });
  assert.deepEqual(filter, { objects_from: 0, occluded: false });
  assert.equal(isSet(filter), true);
  assert.equal(isSet(tidy({ attributes: [] })), false);
});

test("an address that means nothing is no filter", () => {
  assert.deepEqual(filterIn("?objects_from=x&annotated=maybe&attribute=car&attribute=%25:a=b&area_to="), {});
});
