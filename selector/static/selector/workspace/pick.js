// How to pick: typed ranges by hand, or at random by the API.

import { post } from "../../portal/api.js";
import { added, asAmount, asNumber, share } from "./amounts.js";
import { Draws } from "./draws.js";
import { takeRanges } from "./ranges.js";
import { plural } from "./words.js";

const MOST_DRAWN = 20; // of them remembered
const WORDS = {
  random_per_job: {
    amount: "Frames per job", count: "frames_per_job_count", share: "frames_per_job_share",
  },
  random_uniform: { amount: "Frames in all", count: "frame_count", share: "frame_share" },
};

export function enablePicking(form, choice, parts) {
  const { source, drawUrl, jobs, filter, leftOut, failed, tell, tellOfChoice } = parts;
  const at = (id) => form.querySelector(`#${id}`);
  const mode = () => form.elements.mode.value;
  const isShare = () => at("unit").value === "share";
  const draws = new Draws(choice);
  const drawn = []; // choices as the latest draws made them: a draw over one of them loses nothing
  let isBusy = false;

  function show() {
    at("by-hand").hidden = mode() !== "manual";
    at("at-random").hidden = mode() === "manual";
    at("pick-error").replaceChildren();
    showJobs();
    if (mode() === "manual" || source.job_id) return;
    const words = WORDS[mode()].amount;
    at("amount-label").textContent = isShare() ? words.replace("Frames", "Share") : words;
  }

  /** What the list of jobs hides is not drawn from, what the filter hides is: said before it is
   * done. */
  function showJobs() {
    const among = drawable().length.toLocaleString("en");
    const all = choice.catalog.jobs.length.toLocaleString("en");
    at("pick-jobs").hidden = !jobs.isFiltered;
    at("pick-jobs").textContent = `Only from the jobs shown below: ${among} of ${all}.`;
    at("pick-names").hidden = filter.value.trim() === "";
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
    return {
      ...source,
      ...among(),
      ...leftOut.parameters,
      frame_selection_method: mode(),
      [WORDS[mode()][at("unit").value]]: isShare() ? share(amount) : amount,
    };
  }

  /** Buttons that are disabled would lose the focus: they only look it, and wait. */
  async function busy(work) {
    if (isBusy) return;
    wait(true);
    at("pick-error").replaceChildren();
    try {
      await work();
    } catch (error) {
      failed(at("pick-error"), error);
    } finally {
      wait(false);
    }
  }

  function wait(isWaiting) {
    isBusy = isWaiting;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", isBusy);
  }

  function typedAmount() {
    return asAmount(at("amount").value, { isShare: isShare() });
  }

  async function draw({ seed, keep = false, amount = typedAmount() }) {
    const asked = parameters(amount);
    const facts = { manner: manner(), amount };
    const answer = await post(drawUrl, { ...asked, ...(seed === "" ? {} : { random_seed: seed }) });
    const offered = answer.images.map(({ frame }) => frame);
    const refused = keep ? draws.refused() : new Set();
    const numbers = offered.filter((number) => !refused.has(number));
    const before = choice.size;
    const isReplaced = !keep && before > 0 && !drawn.some((made) => choice.is(made));
    const made = { ...asked, random_seed: answer.random_seed };
    draws.note(made, { ...facts, seed: answer.random_seed, numbers: [...offered, ...refused] });
    const missing = choice.take(numbers, { draw: made, keep });
    drawn.splice(0, drawn.length - MOST_DRAWN + 1);
    drawn.push(choice.remember());
    at("seed").value = answer.random_seed;
    at("draw").textContent = "Pick again";
    at("after-draw").hidden = false;
    if (missing.length) {
      return tell("The task has changed in CVAT since this page was opened. Reload the page.");
    }
    const what = keep
      ? plural(choice.size - before, "more frame")
      : `${choice.size.toLocaleString("en")} of ${plural(answer.total_available, "frame")}`;
    const replaced = isReplaced ? ` They replace the ${plural(before, "frame")} chosen before.` : "";
    return tellOfChoice(`${what} picked with seed ${answer.random_seed}.${replaced}`, { undo: isReplaced });
  }

  /** Draws alike but for their number go on with one another. */
  function manner() {
    return JSON.stringify([mode(), at("unit").value, among(), leftOut.parameters]);
  }

  function typedSeed() {
    return asNumber(at("seed").value);
  }

  /** The same seed asked for more keeps what it drew: so this is one draw, of the larger number. */
  function drawMore() {
    const [seed, more] = [typedSeed(), typedAmount()];
    const before = draws.before({ manner: manner(), seed });
    const amount = before ? added(before.amount, more, { isShare: isShare() }) : more;
    return draw({ seed, keep: true, amount });
  }

  function byRanges(wanted) {
    const words = takeRanges(choice, at("ranges").value, wanted);
    if (words) tellOfChoice(words);
  }

  form.addEventListener("change", show);
  jobs.addEventListener("filter", showJobs);
  filter.addEventListener("input", showJobs);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(() => (mode() === "manual" ? byRanges(true) : draw({ seed: typedSeed() })));
  });
  at("another-seed").addEventListener("click", () => busy(() => draw({ seed: "" })));
  at("draw-more").addEventListener("click", () => busy(drawMore));
  at("add-ranges").addEventListener("click", () => busy(() => byRanges(true)));
  at("drop-ranges").addEventListener("click", () => busy(() => byRanges(false)));
  show();
}
