// How long something takes, to be compared with something else in the same run.

/** The least processor time of several times, in ms: what else the machine does does not count. */
export function shortest(run, times = 7) {
  const all = Array.from({ length: times }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...all);
}
