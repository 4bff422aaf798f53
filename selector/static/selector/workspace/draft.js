// An unsaved choice, stored in the tab while its page is gone: reloaded after an expired sign-in, or
// discarded by a phone. The page offers it when it is loaded again; it is never restored unasked.

export class Draft {
  /** @param key names what is open, through which connection, and the person
   * @param words the input elements of name and note */
  constructor(key, choice, { words, hasUnsaved }) {
    this.key = `draft:${key}`;
    this.choice = choice;
    this.words = words;
    this.hasUnsaved = hasUnsaved;
    this.before = this.#read();
    addEventListener("pagehide", () => this.#write());
    // A phone may discard a hidden page without an event.
    document.addEventListener("visibilitychange", () => document.hidden && this.#write());
  }

  /** How many frames the draft of an earlier page has, 0 without one. */
  get size() {
    return this.before?.frames.reduce((sum, value, at) => sum + (at % 2 ? value : 0), 0) ?? 0;
  }

  /** Choose what the draft has. Returns the number of its frames that are not offered any more. */
  take() {
    const { frames, draw, words, jobs = [] } = this.before;
    const missing = this.choice.take(expanded(frames), { draw, jobIds: repeated(jobs) });
    this.words.forEach((field, at) => (field.value = words[at]));
    this.before = null;
    return missing.length;
  }

  #write() {
    try {
      if (this.choice.size && this.hasUnsaved()) sessionStorage.setItem(this.key, JSON.stringify(this.#now()));
      // A draft that is still offered stays until another choice replaces it.
      else if (!this.before) sessionStorage.removeItem(this.key);
    } catch {
      // A browser without storage has no draft to offer.
    }
  }

  #now() {
    const { catalog, draw, jobAt } = this.choice;
    const chosen = Array.from(this.choice.selected());
    const numbers = chosen.map((index) => catalog.number[index]);
    const jobs = runs(chosen.map((index) => catalog.jobs[jobAt[index]].id));
    return { frames: ranges(numbers), jobs, draw, words: this.words.map(({ value }) => value) };
  }

  #read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key));
    } catch {
      return null;
    }
  }
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
  for (let at = 0; at < flat.length; at += 2) values.push(...Array(flat[at + 1]).fill(flat[at]));
  return values;
}
