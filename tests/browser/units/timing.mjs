// How long something takes, to be compared with something else in the same run.

/** The least of several times, in ms: what else the machine does only adds. */
export function shortest(run, times = 7) {
  const all = Array.from({ length: times }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  return Math.min(...all);
}
