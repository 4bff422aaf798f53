// Names the frames of a saved selection that cannot be chosen any more, with the reasons. Pure.

const MOST_NAMED = 5;

/** "1 is not offered here any more: 4 (p04.png), deleted in CVAT. …", a sentence for each reason.
 * @param {{frame: number, task_id?: number, filename?: string}[]} missing
 * @param {import("./joined_catalog.js").AnyCatalog} catalog */
export function missingInWords(missing, catalog, { isJob = false } = {}) {
  const gone = { deleted: [], honeypot: [], other: [] };
  for (const each of missing) gone[catalog.leftOut(each.frame, each.task_id) ?? "other"].push(each);
  const elsewhere = isJob ? "not in this job, or not shown to your account" : "not in the task, or not shown to your account";
  return [
    said(gone.deleted, "deleted in CVAT"),
    said(gone.honeypot, "which repeats another picture now (honeypot)", "which repeat other pictures now (honeypots)"),
    said(gone.other, elsewhere),
  ].filter(Boolean).join(" ");
}

function said(frames, why, whyMany = why) {
  if (!frames.length) return "";
  const many = frames.length > 1;
  return `${frames.length.toLocaleString("en")} ${many ? "are" : "is"} not offered here any more: ${listed(frames)}, ${many ? whyMany : why}.`;
}

function listed(frames) {
  const named = frames.slice(0, MOST_NAMED).map(({ frame, filename }) => (filename ? `${frame} (${filename})` : `${frame}`));
  const more = frames.length - named.length;
  return named.join(", ") + (more ? ` and ${more.toLocaleString("en")} more` : "");
}
