// "Job 31: 10/50" with a bar, for every job, live.

export function enableSummary(list, choice) {
  const rows = choice.jobs.map((job) => {
    const item = document.createElement("li");
    const label = document.createElement("span");
    const bar = document.createElement("meter");
    const count = document.createElement("b");
    label.textContent = `Job ${job.id}: `;
    bar.max = job.indices.length || 1;
    bar.setAttribute("aria-hidden", "true");
    item.append(label, bar, count);
    return { job, item, bar, count };
  });
  list.replaceChildren(...rows.map(({ item }) => item));

  function refresh() {
    for (const { job, bar, count } of rows) {
      bar.value = job.count;
      count.textContent = `${job.count}/${job.indices.length}`;
    }
  }
  choice.addEventListener("change", refresh);
  refresh();
}
