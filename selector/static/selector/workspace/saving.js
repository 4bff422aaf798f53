// The selection saved or opened last, and what saving would do now. The frames of a saved selection
// never change, since archives and draws refer to them: other frames are another selection.

import { get, patch, post } from "../../portal/api.js";

const WORTH_KEEPING = new Set(["queued", "running", "ready"]);

export class Saving {
  #saved = null; // {id, title, words: {name, note}, chosen, isOwn, isWhole, archive}

  /** @param choice
   * @param words () -> {name, note}, as they stand on the page
   * @param {Record<string, any>} portal */
  constructor(choice, words, { api, connection, selectionsUrl }) {
    this.choice = choice;
    this.words = words;
    this.api = api;
    this.connection = connection;
    this.selectionsUrl = selectionsUrl;
  }

  /** A saved selection is what is chosen; `isWhole` unless some of its frames are not here. */
  opened({ id, name: title }, { isOwn, isWhole }) {
    this.#remember({ id, title, isOwn, isWhole, words: this.words(), chosen: this.choice.remember() });
  }

  /** "nothing", "words" (name and note of what is saved already) or "new". */
  get plan() {
    const saved = this.#saved;
    if (!saved?.isWhole || !this.#areFramesSaved) return "new";
    if (!this.#changedWords.length) return "nothing";
    return saved.isOwn ? "words" : "new";
  }

  /** Whether saving would leave another selection behind as it is. */
  get isBeside() {
    return this.#saved !== null && this.plan === "new";
  }

  /** Whether what is chosen could take the place of what was saved: all of it is here, and one's own. */
  get isReplaceable() {
    return this.isBeside && this.#saved.isOwn && this.#saved.isWhole && this.choice.size > 0;
  }

  get id() {
    return this.#saved?.id;
  }

  get title() {
    return this.#saved?.title;
  }

  get hasUnsaved() {
    if (this.#saved === null) return this.choice.size > 0;
    return !this.#areFramesSaved || this.#changedWords.length > 0;
  }

  /** Answers what was done, of which selection, and what was saved before.
   * `byHand` says why a draw that cannot be repeated was not kept with the frames. */
  async save({ replace = false } = {}) {
    const { plan } = this;
    const before = this.#saved;
    if (!this.choice.size) throw new Error("No frame is chosen yet. Click some or pick at random.");
    const byHand = plan === "new" ? await this.#saveNew({ replace }) : null;
    if (plan === "words") await this.#saveWords();
    return { plan, before, saved: this.#saved, byHand };
  }

  /** The archive of what is saved: built once, however often it is asked for. */
  async build() {
    const { id, archive } = this.#saved;
    const found = archive && (await get(`${this.api}archives/${archive}`).catch(() => null));
    if (found && WORTH_KEEPING.has(found.status)) return { archive: found, isNew: false };
    const begun = await post(`${this.selectionsUrl}/${id}/archives`, {});
    this.#saved.archive = begun.id;
    return { archive: begun, isNew: true };
  }

  get #areFramesSaved() {
    return this.choice.is(this.#saved.chosen);
  }

  get #changedWords() {
    const { words } = this.#saved;
    return Object.entries(this.words()).filter(([name, value]) => words[name] !== value);
  }

  async #saveWords() {
    const [saved, words, changed] = [this.#saved, this.words(), this.#changedWords];
    if (!words.name && changed.some(([name]) => name === "name")) {
      throw new Error("A saved selection needs a name.");
    }
    const { name: title } = await patch(`${this.selectionsUrl}/${saved.id}`, Object.fromEntries(changed));
    // A ZIP contains the name and the note, so one built before is out of date.
    this.#remember({ ...saved, title, words, archive: null });
  }

  async #saveNew({ replace }) {
    const { choice } = this;
    const [words, chosen] = [this.words(), choice.remember()];
    const { catalog } = choice;
    const frames = Array.from(choice.selected(), (index) => ({
      task_id: catalog.partOf(index).task.id,
      job_id: catalog.jobs[choice.jobAt[index]].id,
      frame: catalog.number[index],
    }));
    const body = { connection: this.connection, ...words, ...this.#origin({ replace }), frames };
    let byHand = null;
    const made = await post(this.selectionsUrl, { ...body, ...chosen.draw }).catch((error) => {
      if (!this.#mayBeByHand(error, chosen.draw)) throw error;
      byHand = error.message;
      return post(this.selectionsUrl, body);
    });
    const { id, name: title } = made;
    const now = { ...words, name: words.name && title };
    this.#remember({ id, title, words: now, chosen, isOwn: true, isWhole: true });
    return byHand;
  }

  /** What the new selection is made from, as the API wants to be told of it. */
  #origin({ replace }) {
    if (this.#saved === null) return {};
    return replace ? { replaces: this.#saved.id } : { based_on: this.#saved.id };
  }

  /** A draw that is saved already may be beyond repeating: what it left out is deleted, or not
   * shared with whoever opened it. That must not keep anyone from saving the frames. */
  #mayBeByHand({ status }, draw) {
    return draw !== null && draw === this.#saved?.chosen.draw && status >= 400 && status < 500;
  }

  #remember(saved) {
    this.#saved = { archive: null, ...saved };
  }
}
