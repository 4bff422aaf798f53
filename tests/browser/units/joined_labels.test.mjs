import assert from "node:assert/strict";
import test from "node:test";
import { mergedLabels } from "../../../selector/static/selector/workspace/joined_labels.js";

const label = (name, frames, more) => ({
  name, color: "#abc", frames_count: frames, objects_count: 2 * frames, sources: {}, attributes: [], ...more,
});
const colors = (...values) => [{ name: "color", values: values.map(([value, count]) => ({ value, count })) }];

test("labels of one name are one label", () => {
  const car = label("car", 3, { sources: { manual: 5, auto: 1 }, attributes: colors(["red", 2]) });
  const other = label("car", 4, { sources: { manual: 8 }, attributes: colors(["red", 1], ["blue", 7]) });
  assert.deepEqual(mergedLabels([car, label("dog", 1), other]), [
    label("car", 7, { sources: { manual: 13, auto: 1 }, attributes: colors(["red", 3], ["blue", 7]) }),
    label("dog", 1),
  ]);
});
