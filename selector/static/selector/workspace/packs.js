// Loads thumbnails, a pack (one chunk of a job) at a time: visible ones first; those scrolled out of
// the window are cancelled, and the memory for packs is bounded.

const MOST_BYTES = 48 << 20;
const AT_ONCE = 4;
const RETRIES = 3;
const BUSY_RETRIES = 12; // 503: others are served first, for as long as CVAT is slow
const LACKS = "CVAT could not serve some of the pictures just now.";
const LONGEST_PAUSE = 5600; // ms
const PASSING = new Set([0, 429, 502, 503, 504]);

export class Packs extends EventTarget {
  #packs = new Map(); // key -> pack; the one used last is the last
  #wanted = [];
  #bytes = 0;

  /** @param load (job id, chunk, signal) -> Promise<ArrayBuffer>; rejects with {status, message} */
  constructor(load) {
    super();
    this.load = load;
  }

  static key(jobId, chunk) {
    return `${jobId}:${chunk}`;
  }

  /** The packs that are in view, the most important first; all others are no longer awaited. */
  want(keys) {
    this.#wanted = keys;
    const wanted = new Set(keys);
    for (const [key, pack] of this.#packs) {
      if (wanted.has(key) || pack.pictures) continue;
      pack.controller?.abort();
      clearTimeout(pack.timer);
      this.#packs.delete(key);
    }
    this.#next();
  }

  /** {status, url} of a frame; null while it is not there. `status`: ok, broken, missing, failed */
  picture(key, number) {
    const pack = this.#packs.get(key);
    if (!pack?.pictures) return pack?.failed ? { status: "failed" } : null;
    this.#packs.delete(key);
    this.#packs.set(key, pack);
    const picture = pack.pictures.get(number);
    if (!picture) return { status: "missing" };
    if (picture.status === "ok") picture.url ??= URL.createObjectURL(picture.blob);
    return picture;
  }

  /** Ask again for what could not be had. */
  retry() {
    for (const [key, pack] of this.#packs) if (pack.failed || pack.lacks) this.#drop(key, pack);
    this.#next();
  }

  #next() {
    let busy = [...this.#packs.values()].filter(({ controller }) => controller).length;
    for (const key of this.#wanted) {
      if (busy >= AT_ONCE) return;
      if (this.#packs.has(key)) continue;
      this.#start(key, { tries: 0 });
      busy += 1;
    }
  }

  async #start(key, pack) {
    const [jobId, chunk] = key.split(":").map(Number);
    pack.controller = new AbortController();
    this.#packs.set(key, pack);
    try {
      const buffer = await this.load(jobId, chunk, pack.controller.signal);
      if (this.#packs.get(key) !== pack) return;
      pack.pictures = read(buffer);
      pack.lacks = [...pack.pictures.values()].some(({ status }) => status === "failed");
      pack.bytes = buffer.byteLength;
      this.#bytes += pack.bytes;
      this.#forget();
      if (pack.lacks) this.dispatchEvent(new CustomEvent("failed", { detail: { message: LACKS } }));
      this.dispatchEvent(new CustomEvent("ready", { detail: key }));
    } catch (error) {
      if (pack.controller.signal.aborted) return;
      this.#failed(key, pack, error);
    } finally {
      pack.controller = null;
    }
    this.#next();
  }

  #failed(key, pack, error) {
    pack.tries += 1;
    const most = error.status === 503 ? BUSY_RETRIES : RETRIES;
    if (PASSING.has(error.status) && pack.tries < most) {
      const pause = Math.min(700 * 2 ** pack.tries, LONGEST_PAUSE);
      pack.timer = setTimeout(() => this.#start(key, pack), pause);
      return;
    }
    pack.failed = true;
    this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    this.dispatchEvent(new CustomEvent("ready", { detail: key }));
  }

  #forget() {
    for (const [key, pack] of this.#packs) {
      if (this.#bytes <= MOST_BYTES) return;
      if (!pack.pictures || this.#wanted.includes(key)) continue;
      this.#drop(key, pack);
    }
  }

  #drop(key, pack) {
    for (const { url } of pack.pictures?.values() ?? []) if (url) URL.revokeObjectURL(url);
    this.#bytes -= pack.bytes ?? 0;
    this.#packs.delete(key);
  }
}

/** Reads a pack: the length of the header, the header, the images one after the other. */
export function read(buffer) {
  const start = 4 + new DataView(buffer).getUint32(0);
  const { frames } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, start - 4)));
  const all = new Blob([buffer]);
  return new Map(
    frames.map(({ frame, offset, length, status }) => {
      const from = start + offset;
      const blob = status === "ok" ? all.slice(from, from + length, "image/jpeg") : null;
      return [frame, { status, blob, url: null }];
    }),
  );
}
