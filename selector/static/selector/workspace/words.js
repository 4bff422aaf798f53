// Texts with numbers and nouns. Pure.

export function plural(count, noun, nouns = `${noun}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : nouns}`;
}

export function said(count, noun, what) {
  return `${plural(count, noun)} ${what}`;
}

export function frameRange(first, last) {
  return first === last ? `frame ${first}` : `frames ${first}–${last}`;
}

/** "frames 0–49 · acceptance · completed · alice · 5 also in job 2"
 * @param {{job: object, count: number}[]} sharing the jobs that hold frames of this one too */
export function jobFacts(job, sharing = []) {
  const isPart = job.recompresses; // of its range it has some frames only
  const range = frameRange(job.start, job.stop);
  const shared = sharing.map(({ job: { id }, count }) => `${count.toLocaleString("en")} also in job ${id}`);
  return [
    isPart ? `${job.frames_count} of ${range}` : range,
    job.type !== "annotation" && "ground truth",
    job.stage,
    job.state,
    job.assignee,
    listed(shared),
  ].filter(Boolean).join(" · ");
}

/** The reason why a job gave fewer frames than a draw asked for: "8 of 10: 2 of its frames were taken
 * for job 31"; or that it holds more frames than were picked for it; "" without a reason.
 * @param summary of the API
 * @param {boolean} isLimited whether names or earlier selections limit the draw */
export function shortage({ selected, requested, total, reason, counted_for_other_jobs: others = [], known_names: known = 0 }, isLimited) {
  if (!reason) {
    const also = others.map(({ job_id: id, frames_count: count }) => `${count} for job ${id}`);
    return also.length ? `${selected} picked for it, ${listed(also)}` : "";
  }
  const drawable = total ? `only ${total}` : "none";
  const named = known ? ` (the file names of ${known.toLocaleString("en")} are in other tasks)` : "";
  const few = isLimited ? `${drawable} of its frames can be drawn${named}` : `it has only ${total}`;
  const taken = listed(
    others.map(({ job_id: id, frames_count: count }, at) => {
      if (at) return `${count} for job ${id}`;
      const whose = total < requested ? "of them" : "of its frames";
      return `${count} ${whose} ${count === 1 ? "was" : "were"} taken for job ${id}`;
    }),
  );
  const parts = [total < requested && few, taken];
  return `${selected} of ${requested}: ${parts.filter(Boolean).join(", and ")}`;
}

/** The end of the sentence on a draw by label: ". Fewer than asked for: 3 of 10 with “dog”."
 * @param {{label: string, selected: number, requested: number}[]} labels */
export function labelShortage(labels) {
  const few = labels.filter(({ selected, requested }) => selected < requested);
  const texts = few.map(({ label, selected, requested }) => `${selected} of ${requested} with “${label}”`);
  return few.length ? `. Fewer than asked for: ${listed(texts)}.` : ".";
}

/** "3 of 105 frames chosen"; how many are chosen may be unknown.
 * @param {number | undefined} chosen
 * @param {number} count */
export function chosenOf(chosen, count) {
  const frames = plural(count, "frame");
  return chosen === undefined ? frames : `${chosen.toLocaleString("en")} of ${frames} chosen`;
}

/** The end of the sentence on a draw over all: ", fewer than the 50 asked for: only 39 are annotated
 * like this."
 * @param {{count: number, requested: number, total_available: number}} answer of the API
 * @param {string} limits what the frames of the draw have in common, such as "are annotated like this"
 * @param {string} [ofMethod] why the method can give fewer, although there are more */
export function drawShortage({ count, requested, total_available: available }, limits, ofMethod = "") {
  if (count >= requested) return ".";
  const few = limits && available < requested ? `: only ${available.toLocaleString("en")} ${limits}` : "";
  const why = ofMethod && count < available ? `: ${ofMethod}` : few;
  return `, fewer than the ${requested.toLocaleString("en")} asked for${why}.`;
}

/** "a, b, c and 4 more" */
export function listed(texts, most = 3) {
  if (texts.length <= most + 1) return texts.join(", ");
  return `${texts.slice(0, most).join(", ")} and ${texts.length - most} more`;
}

/** "ground-truth job 14 left out" */
function leftOut(jobs) {
  const named = jobs.map(({ id, type }) => `${type === "ground_truth" ? "ground-truth job" : "replica"} ${id}`);
  return named.length && `${listed(named)} left out`;
}

/** " · 227 images · 5 jobs · 3 deleted left out" */
export function facts({ size, jobs, task, deleted, honeypots, throughJobs, otherJobs }) {
  const parts = [
    plural(size, task.mode === "interpolation" ? "video frame" : "image"),
    plural(jobs.length, "job"),
    leftOut(otherJobs),
    throughJobs && "only what is open to you",
    deleted && `${deleted.toLocaleString("en")} deleted left out`,
    jobs.some(({ recompresses }) => recompresses) && "not the original files: CVAT recompresses them in a ground-truth job",
    honeypots && `${plural(honeypots, "honeypot copy", "honeypot copies")} left out`,
  ];
  return parts.filter(Boolean).map((part) => ` · ${part}`).join("");
}
