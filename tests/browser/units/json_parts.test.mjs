import assert from "node:assert/strict";
import test from "node:test";
import { jsonParts } from "../../../selector/static/selector/workspace/json_parts.js";

test("the parts are the whole", () => {
  const written = (number) => ({ number, name: `a "${number}"`, none: null });
  for (const count of [0, 1, 999, 1000, 1001, 2500]) {
    const items = Uint32Array.from({ length: count }, (_, at) => at);
    const whole = JSON.stringify(Array.from(items, written), null, 2);
    assert.equal([...jsonParts(items, written)].join(""), whole);
  }
});
