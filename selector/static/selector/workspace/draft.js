// An unsaved choice, stored in this browser while its page is gone: closed, reloaded after an expired
// sign-in, or discarded by a phone. The page offers it when it is opened again; it is never restored
// unasked.

const PREFIX = "draft:";
const MOST = 20; // drafts; the oldest make room
const LONGEST = 30 * 24 * 3600 * 1000; // ms until a draft is forgotten

export class Draft {
  #isWritten = false; // by this page

  /** @param {string} key names what is open, through which connection, and the person
   * @param choice
   * @param {Record<string, any>} page `words`: the input elements of name and note; `prepare`: loads the
   *   tasks of frames */
  constructor(key, choice, { words, hasUnsaved, prepare }) {
    this.key = `${PREFIX}${key}`;
    this.choice = choice;
    this.words = words;
    this.hasUnsaved = hasUnsaved;
    this.prepare = prepare;
    this.before = this.#read();
    addEventListener("pagehide", () => this.#write());
    // A phone may discard a hidden page without an event.
    document.addEventListener("visibilitychange", () => document.hidden && this.#write());
  }

  /** How many frames the draft of an earlier page has, 0 without one. */
  get size() {
    return this.before?.frames.reduce((sum, value, at) => sum + (at % 2 ? value : 0), 0) ?? 0;
  }

  /** Choose what the draft has. Resolves to the number of its frames that are not offered any more. */
  async take() {
    const { draw, words } = this.before;
    const frames = framesOf(this.before);
    await this.prepare(frames);
    const missing = this.choice.take(frames, { draw });
    this.words.forEach((field, at) => (field.value = words[at]));
    this.before = null;
    this.#isWritten = true;
    return missing.length;
  }

  #write() {
    try {
      if (this.choice.size && this.hasUnsaved()) {
        localStorage.setItem(this.key, JSON.stringify(this.#now()));
        this.#isWritten = true;
        forgetOld();
      } else if (this.#isWritten) {
        // One that is still offered, or another tab's, stays.
        localStorage.removeItem(this.key);
        this.#isWritten = false;
      }
    } catch {
      // A browser without storage has no draft to offer.
    }
  }

  #now() {
    const { catalog, draw, jobAt } = this.choice;
    const chosen = Array.from(this.choice.selected());
    return {
      frames: ranges(chosen.map((index) => catalog.number[index])),
      tasks: runs(chosen.map((index) => catalog.partOf(index).task.id)),
      jobs: runs(chosen.map((index) => catalog.jobs[jobAt[index]].id)),
      draw,
      words: this.words.map(({ value }) => value),
      at: Date.now(),
    };
  }

  #read() {
    try {
      forgetOld();
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }
}

/** Forget drafts that are too old or too many. */
function forgetOld() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const drafts = keys.map((key) => ({ key, at: writtenAt(localStorage.getItem(key)) }));
  drafts.sort((a, b) => b.at - a.at);
  for (const [place, { key, at }] of drafts.entries()) {
    if (place >= MOST || Date.now() - at > LONGEST) localStorage.removeItem(key);
  }
}

/** When a draft was written; 0 for what is none. */
function writtenAt(text) {
  try {
    return JSON.parse(text).at ?? 0;
  } catch {
    return 0;
  }
}

/** The frames of a draft, as the API writes them. */
export function framesOf({ frames, tasks, jobs }) {
  const [taskIds, jobIds] = [repeated(tasks), repeated(jobs)];
  return expanded(frames).map((frame, at) => ({ frame, task_id: taskIds[at], job_id: jobIds[at] }));
}

/** Ascending numbers as [start, length, start, length, ...]. */
export function ranges(numbers) {
  const flat = [];
  let next = null;
  for (const number of numbers) {
    if (number === next) flat[flat.length - 1] += 1;
    else flat.push(number, 1);
    next = number + 1;
  }
  return flat;
}

export function expanded(flat) {
  const numbers = [];
  for (let at = 0; at < flat.length; at += 2) {
    for (let step = 0; step < flat[at + 1]; step += 1) numbers.push(flat[at] + step);
  }
  return numbers;
}

/** Values as [value, run length, value, run length, ...]. */
export function runs(values) {
  const flat = [];
  for (const value of values) {
    if (value === flat.at(-2)) flat[flat.length - 1] += 1;
    else flat.push(value, 1);
  }
  return flat;
}

export function repeated(flat) {
  const values = [];
  for (let at = 0; at < flat.length; at += 2) {
    for (let step = 0; step < flat[at + 1]; step += 1) values.push(flat[at]);
  }
  return values;
}
