// How to pick: typed ranges by hand, or at random by the API.

import { post } from "../../portal/api.js";
import { parseRanges } from "./ranges.js";

const WORDS = {
  random_per_job: {
    amount: "Frames per job", count: "frames_per_job_count", share: "frames_per_job_share",
  },
  random_uniform: { amount: "Frames in all", count: "frame_count", share: "frame_share" },
};

export function enablePicking(form, choice, { source, drawUrl, jobs, leftOut, failed, tell }) {
  const at = (id) => form.querySelector(`#${id}`);
  const mode = () => form.elements.mode.value;
  let last = null; // the draw before, which "draw more" goes on with

  function show() {
    at("by-hand").hidden = mode() !== "manual";
    at("at-random").hidden = mode() === "manual";
    at("pick-error").replaceChildren();
    showJobs();
    if (mode() === "manual" || source.job_id) return;
    const words = WORDS[mode()].amount;
    const isShare = at("unit").value === "share";
    at("amount-label").textContent = isShare ? words.replace("Frames", "Share") : words;
  }

  /** What the list of jobs hides is not drawn from: said before it is done. */
  function showJobs() {
    const among = drawable().length.toLocaleString("en");
    const all = choice.catalog.jobs.length.toLocaleString("en");
    at("pick-jobs").hidden = !jobs.isFiltered;
    at("pick-jobs").textContent = `Only from the jobs shown below: ${among} of ${all}.`;
  }

  /** Which jobs to draw from; nothing where it is all of them, or the one job. */
  function among() {
    if (source.job_id || !jobs.isFiltered) return {};
    if (!drawable().length) throw new Error("No job is shown to draw from. Show other jobs.");
    return { job_ids: drawable().map((job) => job.id) };
  }

  function drawable() {
    return jobs.drawable({ perJob: mode() === "random_per_job" });
  }

  function parameters(amount) {
    const unit = at("unit").value;
    return {
      ...source,
      ...among(),
      ...leftOut.parameters,
      frame_selection_method: mode(),
      [WORDS[mode()][unit]]: unit === "share" ? percent(amount) : amount,
    };
  }

  async function busy(work) {
    at("pick-error").replaceChildren();
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      await work();
    } catch (error) {
      failed(at("pick-error"), error);
    } finally {
      for (const button of form.querySelectorAll("button")) button.disabled = false;
    }
  }

  async function draw({ seed, keep = false, amount = asNumber(at("amount").value) }) {
    const asked = parameters(amount);
    const seeded = seed === "" ? {} : { random_seed: asNumber(seed) };
    const answer = await post(drawUrl, { ...asked, ...seeded });
    const numbers = answer.images.map(({ frame }) => frame);
    const before = choice.size;
    const draw = { ...asked, random_seed: answer.random_seed };
    const missing = choice.take(numbers, { draw, keep });
    at("seed").value = answer.random_seed;
    at("draw").textContent = "Pick again";
    at("after-draw").hidden = false;
    last = { manner: manner(), seed: answer.random_seed, amount };
    if (missing.length) {
      return tell("The task has changed in CVAT since this page was opened. Reload the page.");
    }
    const number = (keep ? choice.size - before : choice.size).toLocaleString("en");
    const total = answer.total_available.toLocaleString("en");
    const what = keep ? `${number} more frames picked` : `${number} of ${total} frames picked`;
    return tell(`${what} with seed ${answer.random_seed}.`);
  }

  /** Draws alike but for their number go on with one another. */
  function manner() {
    return JSON.stringify([mode(), at("unit").value, among(), leftOut.parameters]);
  }

  /** The same seed asked for more keeps what it drew: so this is one draw, of the larger number. */
  function drawMore() {
    if (last?.manner !== manner()) return draw({ seed: at("seed").value.trim(), keep: true });
    const more = asNumber(at("amount").value);
    const amount = typeof more === "number" ? last.amount + more : more;
    return draw({ seed: String(last.seed), keep: true, amount });
  }

  function byRanges(wanted) {
    const within = parseRanges(at("ranges").value);
    const found = [];
    choice.catalog.number.forEach((number, index) => within(number) && found.push(index));
    if (!found.length) throw new Error("No frame here has such a number.");
    choice.set(found, wanted);
  }

  form.addEventListener("change", show);
  jobs.addEventListener("filter", showJobs);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(() => (mode() === "manual" ? byRanges(true) : draw({ seed: at("seed").value.trim() })));
  });
  at("another-seed").addEventListener("click", () => busy(() => draw({ seed: "" })));
  at("draw-more").addEventListener("click", () => busy(drawMore));
  at("add-ranges").addEventListener("click", () => busy(() => byRanges(true)));
  at("drop-ranges").addEventListener("click", () => busy(() => byRanges(false)));
  show();
}

/** What is no number goes to the API as it is: it says what is wrong. */
function asNumber(text) {
  const plain = String(text).trim().replace(",", ".");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : plain;
}

function percent(amount) {
  return typeof amount === "number" ? Number((Math.min(amount, 100) / 100).toPrecision(12)) : amount;
}
