import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { ApiError, whileBusy } from "../../../static/portal/api.js";

const busy = () => Promise.reject(new ApiError("Busy.", "busy", 503));

/** Let what waits go on, through all pauses, which a test has mocked by `timers`. */
async function pass(timers) {
  for (let pauses = 0; pauses < 10; pauses += 1) {
    await new Promise((done) => setImmediate(done));
    timers.tick(60_000);
  }
}

test("what the portal is too busy for is asked again", async ({ mock: { timers } }) => {
  timers.enable({ apis: ["setTimeout"] });
  const ask = mock.fn(() => (ask.mock.callCount() < 2 ? busy() : Promise.resolve("done")));
  const result = whileBusy(ask);
  await pass(timers);
  assert.equal(await result, "done");
  assert.equal(ask.mock.callCount(), 3);
});

test("a portal that stays busy is given up", async ({ mock: { timers } }) => {
  timers.enable({ apis: ["setTimeout"] });
  const ask = mock.fn(busy);
  const result = assert.rejects(whileBusy(ask), { code: "busy" });
  await pass(timers);
  await result;
  assert.equal(ask.mock.callCount(), 5);
});

test("other errors are not asked about again", async () => {
  const ask = mock.fn(() => Promise.reject(new ApiError("No.", "not_found", 404)));
  await assert.rejects(whileBusy(ask), { code: "not_found" });
  assert.equal(ask.mock.callCount(), 1);
});

test("nothing is asked again for what was aborted in the pause", async ({ mock: { timers } }) => {
  timers.enable({ apis: ["setTimeout"] });
  const request = new AbortController();
  const ask = mock.fn(busy);
  const result = assert.rejects(whileBusy(ask, { signal: request.signal }), { name: "AbortError" });
  request.abort();
  await pass(timers);
  await result;
  assert.equal(ask.mock.callCount(), 1);
});
