import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { likePattern } from "../../../selector/static/selector/workspace/filename_pattern.js";

const CASES = JSON.parse(readFileSync(new URL("../../selector/filename_patterns.json", import.meta.url), "utf8"));

test("a pattern means in the page what it means in a draw", () => {
  for (const [pattern, name, expected] of CASES) {
    assert.equal(likePattern(pattern)(name.toLowerCase()), expected, `${pattern} ${name}`);
  }
});
