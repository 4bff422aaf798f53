// How to pick: typed numbers and names by hand, or at random by the API.

import { post } from "../../portal/api.js";
import { added, asAmount, asNumber, share } from "./amounts.js";
import { enableByHand } from "./by_hand.js";
import { METHODS, amountOf } from "./draw_methods.js";
import { Draws } from "./draws.js";
import { KeptSettings } from "./kept_settings.js";
import { MethodSettings } from "./method_settings.js";
import { drawShortage, labelShortage, plural, shortage } from "./words.js";

const MOST_EXPLAINED = 2; // jobs, in the line above the dock

// Codes of the API's answer while what the draw needs is being read.
const NOT_READ = "annotations_not_read";
const PICTURES_NOT_READ = "pictures_not_read";
const ASK_AGAIN_MS = 3000;
const TO_TRY_AGAIN = /( Try again in a moment\.)?$/; // for others that ask the API
const GOES_ON = " The draw goes on by itself.";
const MOST_DRAWN = 20; // of them remembered

export function enablePicking(form, choice, parts) {
  const { source, prepare, drawUrl, jobs, annotations, frames, leftOut, knownNames, nearDuplicates, user, isKept, failed, tell, tellOfChoice } = parts;
  const at = (id) => form.querySelector(`#${id}`);
  const mode = () => form.elements.mode.value;
  const isShare = () => at("unit").value === "share";
  const method = () => METHODS.get(mode());
  const isPerJob = () => method()?.isPerJob ?? false;
  const settings = new MethodSettings(at("at-random"));
  const draws = new Draws(choice);
  const drawn = []; // choices as the latest draws made them: a draw over one of them loses nothing
  const kept = new KeptSettings(form, {
    settings, jobs, frames, annotations, knownNames, user, isKept, tell, catalog: choice.catalog, isOfJob: Boolean(source.job_id),
  });
  let hasDrawn = false;
  let available = 0; // frames that the latest draw chose from
  let isBusy = false;
  let isReading = false; // whether the error is that annotations are being read
  let askAgain; // a timer, while pictures are being read

  function show() {
    at("by-hand").hidden = mode() !== "manual";
    at("at-random").hidden = mode() === "manual";
    showDescription();
    at("pick-error").replaceChildren();
    nearDuplicates.hide();
    clearTimeout(askAgain);
    showPool();
    if (mode() === "manual") return;
    settings.show(mode());
    showAmount();
    const { isRandom } = method();
    at("seed-field").hidden = at("seed-help").hidden = !isRandom;
    at("after-draw").hidden = !isRandom || !hasDrawn;
    at("draw-more").hidden = available > (method().nestedUpTo ?? Infinity);
    at("draw").textContent = hasDrawn ? "Pick again" : isRandom ? "Pick at random" : "Pick";
  }

  /** What the method does; nothing of the default one where it is simply "Random". */
  function showDescription() {
    const isPlain = source.job_id && at("method-help").dataset.plain === mode();
    const words = isPlain ? "" : method()?.description ?? "";
    at("method-help").hidden = !words;
    at("method-help").textContent = words && `${words[0].toUpperCase()}${words.slice(1)}.`;
  }

  function showAmount() {
    const { amounts, isPerLabel } = method();
    at("amount-field").hidden = !amounts.length;
    if (!amounts.length) return;
    for (const option of at("unit").options) option.disabled = !amountOf(mode(), option.value);
    if (at("unit").selectedOptions[0].disabled) at("unit").value = amounts[0].kind;
    const isOfJob = source.job_id && !isPerLabel;
    at("amount-label").textContent = isOfJob ? "Frames" : amountOf(mode(), at("unit").value).label;
  }

  /** Which jobs and names limit the draw: said before it is done. */
  function showPool() {
    at("pick-jobs").hidden = !jobs.isFiltered;
    at("pick-jobs").textContent = `Only from ${jobs.inWords({ perJob: isPerJob() })}.`;
    at("pick-annotations").hidden = !annotations.isSet;
    at("pick-names").hidden = !frames.isSet;
    at("pick-names").textContent = `Only from frames ${frames.inWords}.`;
  }

  /** Which jobs to draw from; nothing where it is all of them, or the one job. */
  function among() {
    if (source.job_id || !jobs.isFiltered) return {};
    if (jobs.isOfSeveralTasks) return jobs.filters; // which jobs of the others are like that is not known here
    if (!drawable().length) throw new Error("No job is shown to draw from. Show other jobs.");
    return { job_ids: drawable().map((job) => job.id) };
  }

  /** What else limits the draw: file names and numbers, annotations, earlier selections and file names that are left out. */
  function pool() {
    return {
      ...frames.values,
      ...(annotations.isSet ? { annotation_filter: annotations.filter } : {}),
      ...leftOut.parameters,
      ...knownNames.parameters,
    };
  }

  function drawable() {
    return jobs.drawable({ perJob: isPerJob() });
  }

  function parameters(amount) {
    const problems = [...annotations.problems, frames.problem, knownNames.problem].filter(Boolean);
    if (problems.length) {
      throw new Error(`Nothing is picked while a condition cannot be read. ${problems.join(" ")}`);
    }
    return {
      ...source,
      ...among(),
      ...pool(),
      frame_selection_method: mode(),
      ...settings.values(mode()),
      ...(method().amounts.length ? { [amountOf(mode(), at("unit").value).name]: isShare() ? share(amount) : amount } : {}),
    };
  }

  /** Buttons that are disabled would lose the focus: they only look it, and wait. */
  async function busy(work, { isAgain = false } = {}) {
    if (isBusy) return;
    wait(true);
    clearTimeout(askAgain);
    if (!isAgain) at("pick-error").replaceChildren();
    isReading = false;
    const asked = mode();
    try {
      await work();
    } catch (error) {
      if (error.code === PICTURES_NOT_READ) {
        if (mode() !== asked) return; // nobody waits for it any more
        askAgain = setTimeout(() => busy(work, { isAgain: true }), ASK_AGAIN_MS);
        error.message = error.message.replace(TO_TRY_AGAIN, GOES_ON);
      }
      failed(at("pick-error"), error);
      if (!isAgain) at("pick-error").scrollIntoView({ block: "nearest" });
      isReading = error.code === NOT_READ;
      if (isReading) annotations.index.load(); // which says when all are read
    } finally {
      wait(false);
    }
  }

  /** The error that asks to try again later ends with what it is about. */
  function showRead() {
    if (!isReading || annotations.index.answer.state === "reading") return;
    isReading = false;
    at("pick-error").replaceChildren();
    tell("The annotations are read. Pick again.");
  }

  function wait(isWaiting) {
    isBusy = isWaiting;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", isBusy);
  }

  function typedAmount() {
    return method().amounts.length && asAmount(at("amount").value, { isShare: isShare() });
  }

  async function draw({ seed, keep = false, amount = typedAmount() }) {
    const asked = parameters(amount);
    const facts = { manner: manner(), amount };
    const answer = await post(drawUrl, { ...asked, ...(seed === "" ? {} : { random_seed: seed }) });
    const refused = keep ? draws.refused() : [];
    const without = new Set(refused.map(keyOf));
    const images = answer.images.filter((image) => !without.has(keyOf(image)));
    await prepare(images);
    const before = choice.size;
    const isReplaced = !keep && before > 0 && !drawn.some((made) => choice.is(made));
    const made = { ...asked, random_seed: answer.random_seed };
    draws.note(made, { ...facts, seed: answer.random_seed, frames: [...images, ...refused] });
    const missing = choice.take(images, { draw: made, keep });
    drawn.splice(0, drawn.length - MOST_DRAWN + 1);
    drawn.push(choice.remember());
    if (method().isRandom) at("seed").value = answer.random_seed;
    hasDrawn = true;
    available = answer.total_available;
    show();
    nearDuplicates.show(answer);
    if (missing.length) {
      return tell("The task has changed in CVAT since this page was opened. Reload the page.");
    }
    const what = keep
      ? plural(choice.size - before, "more frame")
      : `${choice.size.toLocaleString("en")} of ${plural(answer.total_available, "frame")}`;
    const fewer = explain(answer) + knownNames.inWords(answer);
    const replaced = isReplaced ? ` They replace the ${plural(before, "frame")} chosen before.` : "";
    const withSeed = method().isRandom ? ` with seed ${answer.random_seed}` : "";
    const words = `${what} picked${withSeed}${fewer}${replaced}`;
    return tellOfChoice(words, { undo: isReplaced });
  }

  /** Why there are fewer frames than asked for: at the jobs, and as the end of the sentence. */
  function explain(answer) {
    const { job_summary: summary = [], label_summary: labels = [] } = answer;
    const isLimited = Object.keys(pool()).length > 0;
    const short = summary.filter(({ reason }) => reason);
    const reasons = new Map(summary.map((job) => [job.job_id, shortage(job, isLimited)]));
    jobs.explain(source.job_id ? new Map() : reasons);
    if (method().isPerLabel) return labelShortage(labels);
    if (source.job_id || !isPerJob()) return drawShortage(answer, limits(), method().shortage);
    if (!short.length) return ".";
    if (short.length > MOST_EXPLAINED) return `. ${plural(short.length, "job")} gave fewer than asked: the list of jobs says why.`;
    return `. ${short.map(({ job_id: id }) => `Job ${id} gave ${reasons.get(id)}.`).join(" ")}`;
  }

  /** What the frames of the draw have in common, as a verb; "" for all frames. */
  function limits() {
    const kinds = Object.keys(pool());
    if (kinds.length === 1 && annotations.isSet) return "are annotated like this";
    return kinds.length ? "can be drawn" : "";
  }

  /** Draws alike but for their number go on with one another. */
  function manner() {
    return JSON.stringify([mode(), at("unit").value, settings.values(mode()), among(), pool()]);
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

  const take = enableByHand(at("by-hand"), choice, {
    prepare,
    tell: tellOfChoice,
    submit: () => form.requestSubmit(),
  });
  kept.restore();
  form.addEventListener("change", show);
  form.addEventListener("input", () => kept.keep());
  for (const filter of [jobs, frames, annotations]) {
    filter.addEventListener("filter", showPool);
    filter.addEventListener("filter", () => kept.keep());
  }
  annotations.index.addEventListener("labels", showRead);
  choice.addEventListener("change", () => jobs.explain());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(() => (mode() === "manual" ? take(true) : draw({ seed: typedSeed() })));
  });
  at("another-seed").addEventListener("click", () => busy(() => draw({ seed: "" })));
  at("draw-more").addEventListener("click", () => busy(drawMore));
  at("add-ranges").addEventListener("click", () => busy(() => take(true)));
  at("drop-ranges").addEventListener("click", () => busy(() => take(false)));
  show();
}

/** Names a frame of a task, among those of several. */
function keyOf({ task_id: taskId, frame }) {
  return `${taskId}:${frame}`;
}
