// The selection saved or opened last, and what saving would do now: other frames are another
// selection, or a change of the saved one. A change says what was added and removed, so it does not
// undo what somebody else changed meanwhile.

import { get, patch, post } from "../../portal/api.js";

const WORTH_KEEPING = new Set(["queued", "running", "ready"]);

export class Saving {
  #saved = null; // {id, revision, title, words: {name, note}, chosen, isOwn, mayEdit, isWhole, archive}

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
  opened({ id, revision, may_edit: mayEdit, name: title }, { isOwn, isWhole }) {
    const [words, chosen] = [this.words(), this.choice.remember()];
    this.#remember({ id, revision, title, isOwn, mayEdit, isWhole, words, chosen });
  }

  /** "nothing", "words" (name and note of what is saved already) or "new". */
  get plan() {
    const saved = this.#saved;
    if (!saved?.isWhole || !this.#areFramesSaved) return "new";
    if (!this.#changedWords.length) return "nothing";
    return saved.mayEdit ? "words" : "new";
  }

  /** Whether saving would leave another selection behind as it is. */
  get isBeside() {
    return this.#saved !== null && this.plan === "new";
  }

  /** Whether the saved selection can get these frames: changed by hand, not drawn anew. */
  get isChangeable() {
    const saved = this.#saved;
    return Boolean(saved?.mayEdit) && this.choice.size > 0 && this.choice.hasDrawOf(saved.chosen) && !this.#areFramesSaved;
  }

  /** Whether what was drawn anew could take the place of what was saved: all of it is here, and one's
   * own. */
  get isReplaceable() {
    const { isOwn, isWhole } = this.#saved ?? {};
    return this.isBeside && isOwn && isWhole && this.choice.size > 0 && !this.isChangeable;
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

  /** Add and remove in the saved selection what was chosen and given up since, and save changed words.
   * `onTop`: also if somebody changed the frames meanwhile, which both changes are then in. Answers
   * the selection as it is now. */
  async saveChanges({ onTop = false } = {}) {
    const saved = this.#saved;
    const chosen = this.choice.remember();
    const { added, removed } = this.choice.since(saved.chosen);
    const url = `${this.selectionsUrl}/${saved.id}`;
    const revision = onTop ? (await get(url)).revision : saved.revision;
    const changed = await patch(`${url}/frames`, { revision, add: this.#frames(added), remove: this.#frames(removed) });
    // With frames of somebody else it is not what is chosen here.
    const isWhole = saved.isWhole && changed.frames_count === this.choice.size;
    const { revision: now, name: title } = changed;
    this.#remember({ ...saved, revision: now, title, chosen, isWhole, archive: null });
    if (this.#changedWords.length) await this.#saveWords();
    // A name that nobody gave tells the number of frames.
    const { words } = this.#saved;
    this.#saved.words = { ...words, name: words.name && this.#saved.title };
    return { ...changed, title: this.#saved.title };
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
    const frames = this.#frames(choice.selected());
    const body = { connection: this.connection, ...words, ...this.#origin({ replace }), frames };
    let byHand = null;
    const made = await post(this.selectionsUrl, { ...body, ...chosen.draw }).catch((error) => {
      if (!this.#mayBeByHand(error, chosen.draw)) throw error;
      byHand = error.message;
      return post(this.selectionsUrl, body);
    });
    const { id, revision, name: title } = made;
    const now = { ...words, name: words.name && title };
    this.#remember({ id, revision, title, words: now, chosen, isOwn: true, mayEdit: true, isWhole: true });
    return byHand;
  }

  /** Frames as the API takes them. */
  #frames(indices) {
    const { catalog, jobAt } = this.choice;
    return Array.from(indices, (index) => ({
      task_id: catalog.partOf(index).task.id,
      job_id: catalog.jobs[jobAt[index]].id,
      frame: catalog.number[index],
    }));
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
