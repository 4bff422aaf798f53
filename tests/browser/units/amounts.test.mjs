import assert from "node:assert/strict";
import test from "node:test";
import { added, asAmount, asNumber, share } from "../../../selector/static/selector/workspace/amounts.js";

test("numbers, and what is none as it is", () => {
  assert.equal(asNumber(" 12 "), 12);
  assert.equal(asNumber("0,5"), 0.5);
  assert.equal(asNumber("abc"), "abc");
  assert.equal(asNumber(""), "");
});

test("a share is a percentage", () => {
  assert.equal(asAmount("12,5", { isShare: true }), 12.5);
  assert.equal(asAmount("100", { isShare: true }), 100);
  for (const wrong of ["150", "100.1", "0", "-3", "", "abc"]) {
    assert.throws(() => asAmount(wrong, { isShare: true }), /percentage above 0 and at most 100/, wrong);
    assert.doesNotThrow(() => asAmount(wrong, { isShare: false }), wrong);
  }
  assert.equal(share(29), 0.29);
});

test("more of the same", () => {
  assert.equal(added(10, 5, { isShare: false }), 15);
  assert.equal(added(60, 60, { isShare: true }), 100);
  for (const wrong of [0, -3, 1.5, "abc"]) assert.equal(added(10, wrong, { isShare: false }), wrong);
});
