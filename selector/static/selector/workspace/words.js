// Numbers and nouns. Pure.

export function plural(count, noun, nouns = `${noun}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : nouns}`;
}

export function said(count, noun, what) {
  return `${plural(count, noun)} ${what}`;
}

/** "frames 0–49 · acceptance · completed · alice" */
export function jobFacts(job) {
  const isPart = job.recompresses; // of its range it has some frames only
  return [
    isPart ? `${job.frames_count} of frames ${job.start}–${job.stop}` : `frames ${job.start}–${job.stop}`,
    job.type !== "annotation" && "ground truth",
    job.stage,
    job.state,
    job.assignee,
  ].filter(Boolean).join(" · ");
}

/** " · 227 images · 5 jobs · 3 deleted left out" */
export function facts({ size, jobs, task, deleted, honeypots, throughJobs }) {
  const parts = [
    plural(size, task.mode === "interpolation" ? "video frame" : "image"),
    plural(jobs.length, "job"),
    throughJobs && "only what is open to you",
    deleted && `${deleted.toLocaleString("en")} deleted left out`,
    jobs.some(({ recompresses }) => recompresses) && "not the original files: CVAT recompresses them in a ground-truth job",
    honeypots && `${plural(honeypots, "honeypot copy", "honeypot copies")} left out`,
  ];
  return parts.filter(Boolean).map((part) => ` · ${part}`).join("");
}
