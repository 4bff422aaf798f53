// Catalogues for the tests of the modules that know no page.

import { Catalog } from "../../../selector/static/selector/workspace/catalog.js";

export function document_of(sizes, { first = 0, chunk = 10, names = true } = {}) {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let start = first;
  const jobs = sizes.map((size, at) => {
    const job = {
      id: 31 + at, start, stop: start + size - 1, stage: "annotation", state: "new",
      assignee: "", type: "annotation", chunk_size: chunk, frames_count: size,
      cvat_url: `http://cvat.example.com/tasks/12/jobs/${31 + at}`,
    };
    start += size;
    return job;
  });
  return {
    task: { id: 12, name: "Task", mode: "annotation", project_id: null, cvat_url: "" },
    jobs,
    version: "1",
    frames: {
      job: sizes.flatMap((size, at) => [at, size]),
      number: [first, total],
      size: [1920, 1080, total],
      name: names
        ? { prefix: "cam/", suffix: ".jpg", rest: Array.from({ length: total }, (_, i) => `${i}`) }
        : { prefix: "", suffix: "", rest: [] },
    },
    deleted: 0,
    honeypots: 0,
    through_jobs: false,
  };
}

export const catalogOf = (sizes, options) => new Catalog(document_of(sizes, options));
/** Jobs of these ranges; each frame names the first job that holds it. */
export function overlapping(ranges = [[0, 9], [8, 17], [16, 19]]) {
  const total = Math.max(...ranges.map(([, stop]) => stop)) + 1;
  const document = document_of([total]);
  const [job] = document.jobs;
  document.jobs = ranges.map(([start, stop], at) => ({
    ...job, id: 31 + at, start, stop, frames_count: stop - start + 1,
  }));
  const first = (number) => ranges.findIndex(([start, stop]) => start <= number && number <= stop);
  document.frames.job = Array.from({ length: total }, (_, number) => [first(number), 1]).flat();
  return new Catalog(document);
}

export const LARGE = Array.from({ length: 100 }, () => 1000);
