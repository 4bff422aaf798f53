// How to pick: by hand with typed ranges, or at random by the API.

import { post } from "./api.js";
import { parseRanges } from "./ranges.js";

const WORDS = {
  random_per_job: { amount: "Frames per job", count: "frames_per_job_count", share: "frames_per_job_share" },
  random_uniform: { amount: "Frames in all", count: "frame_count", share: "frame_share" },
};

export function enablePicking(form, choice, data, { failed, tell }) {
  const at = (id) => form.querySelector(`#${id}`);
  const mode = () => form.elements.mode.value;

  function show() {
    at("by-hand").hidden = mode() !== "manual";
    at("at-random").hidden = mode() === "manual";
    if (mode() !== "manual" && !data.jobId) {
      const share = at("unit").value === "share";
      const words = WORDS[mode()].amount;
      at("amount-label").textContent = share ? words.replace("Frames", "Share") : words;
    }
    at("pick-error").textContent = "";
  }

  function parameters() {
    const share = at("unit").value === "share";
    const amount = asNumber(at("amount").value);
    return {
      ...source(data),
      frame_selection_method: mode(),
      [WORDS[mode()][share ? "share" : "count"]]: share ? percent(amount) : amount,
    };
  }

  async function draw(seed) {
    at("pick-error").textContent = "";
    at("draw").disabled = true;
    try {
      const asked = parameters();
      const answer = await post(data.drawUrl, { ...asked, ...(seed === "" ? {} : { random_seed: asNumber(seed) }) });
      at("seed").value = answer.random_seed;
      at("draw").textContent = "Pick again";
      at("another-seed").hidden = false;
      const missing = choice.replace(
        answer.images.map(({ frame }) => frame),
        { ...asked, random_seed: answer.random_seed },
      );
      tell(
        missing.length
          ? "The task has changed in CVAT since this page was opened. Reload the page."
          : `${answer.count} of ${answer.total_available} frames picked with seed ${answer.random_seed}.`,
      );
    } catch (error) {
      failed(at("pick-error"), error);
    } finally {
      at("draw").disabled = false;
    }
  }

  function byRanges(wanted) {
    at("pick-error").textContent = "";
    try {
      const within = parseRanges(at("ranges").value);
      const found = choice.frames.flatMap(({ frame }, index) => (within(frame) ? [index] : []));
      if (!found.length) throw new Error("No frame here has such a number.");
      choice.set(found, wanted);
    } catch (error) {
      failed(at("pick-error"), error);
    }
  }

  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (mode() === "manual") byRanges(true);
    else draw(at("seed").value.trim());
  });
  at("another-seed").addEventListener("click", () => draw(""));
  at("add-ranges").addEventListener("click", () => byRanges(true));
  at("drop-ranges").addEventListener("click", () => byRanges(false));
  show();
}

export function source({ connection, taskId, jobId }) {
  return { connection, task_id: taskId, ...(jobId ? { job_id: jobId } : {}) };
}

/** What is no number goes to the API as it is: it says what is wrong. */
function asNumber(text) {
  const plain = String(text).trim().replace(",", ".");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : plain;
}

function percent(amount) {
  return typeof amount === "number" ? Number((amount / 100).toPrecision(12)) : amount;
}
