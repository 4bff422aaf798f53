// Parses typed or pasted frame numbers and file names into frames. Independent of the page.

import { areRanges, parseRange, sizeOf, splitRanges } from "./ranges.js";
import { plural } from "./words.js";

const MOST_PARTS = 100_000;

export class Typed {
  #byName = new Map(); // "path" or "base" -> name -> indices; made when first needed

  /** @param {import("./joined_catalog.js").AnyCatalog} catalog
   * @param {(index: number) => boolean} [isMeant] whether a frame can be meant, such as those of one task */
  constructor(catalog, isMeant = () => true) {
    this.catalog = catalog;
    this.isMeant = isMeant;
  }

  /** What a text means: {indices, absent, loose, problems}. `indices` ascend, each once; `absent`
   * counts numbers that no frame here has, `loose` names that were found by the name without its
   * folders; `problems` are [{text, reason}] of what means nothing, or more than one frame.
   * @throws {Error} whose message can be shown, for too long a text */
  read(text) {
    const found = { indices: new Set(), ranges: [], present: new Set(), loose: 0, problems: [] };
    const parts = text.split(/\r?\n/).flatMap((line) => this.#parts(line.trim()));
    if (parts.length > MOST_PARTS) {
      throw new Error(`More than ${MOST_PARTS.toLocaleString("en")} numbers and names: choose them in parts.`);
    }
    for (const part of parts) {
      if (areRanges(part)) this.#range(part, found);
      else this.#name(part, found);
    }
    const indices = Uint32Array.from(found.indices).sort();
    const absent = sizeOf(found.ranges) - found.present.size;
    return { indices, absent, loose: found.loose, problems: found.problems };
  }

  /** A line is one name, which may hold commas and spaces, or a list of names and ranges. */
  #parts(line) {
    if (!line) return [];
    if (!areRanges(line) && this.#whole(line).length) return [line];
    const parts = line.split(/[,;\t]/).map((part) => part.trim()).filter(Boolean);
    return parts.flatMap((part) => (areRanges(part) ? splitRanges(part) : [part]));
  }

  #range(text, { indices, ranges, present, problems }) {
    let range;
    try {
      range = parseRange(text);
    } catch (error) {
      problems.push({ text, reason: error.message });
      return;
    }
    ranges.push(range);
    for (const [from, to] of this.catalog.spans(range.first, range.last)) {
      for (let index = from; index < to; index += 1) {
        const number = this.catalog.number[index];
        if ((number - range.first) % range.step || !this.isMeant(index)) continue;
        indices.add(index);
        present.add(number);
      }
    }
  }

  /** Whole paths count first, then names without folders that only one frame has. */
  #name(text, found) {
    const whole = this.#whole(text);
    const named = whole.length ? whole : (this.#names("base").get(baseOf(text)) ?? []);
    if (named.length !== 1) {
      const reason = named.length ? this.#couldMean(named) : "is the name of no frame here";
      found.problems.push({ text, reason });
      return;
    }
    found.indices.add(named[0]);
    if (!whole.length) found.loose += 1;
  }

  #couldMean(named) {
    const frames = named.slice(0, 2).map((index) => {
      const words = [`frame ${this.catalog.number[index]}`, this.catalog.name(index), this.catalog.taskWords(index)];
      return words.filter(Boolean).join(", ");
    });
    const more = named.length > 2 ? `, or ${named.length - 2} more` : "";
    return `could mean ${frames.join(", or ")}${more}`;
  }

  #whole(text) {
    const names = this.#names("path");
    return names.get(text) ?? names.get(pathOf(text)) ?? [];
  }

  #names(kind) {
    if (!this.#byName.has(kind)) this.#byName.set(kind, this.#index(kind === "base" ? baseOf : String));
    return this.#byName.get(kind);
  }

  #index(nameOf) {
    const names = new Map();
    for (let index = 0; index < this.catalog.size; index += 1) {
      if (!this.isMeant(index)) continue;
      const name = nameOf(this.catalog.name(index)); // "" in a video
      const same = names.get(name);
      if (same) same.push(index);
      else if (name) names.set(name, [index]);
    }
    return names;
  }
}

/** Describes what a text would choose: how many frames, the first ones and the last. */
export function preview(catalog, { indices, absent, loose }) {
  const shown = (index) => `${catalog.number[index]} ${catalog.name(index)}`.trim();
  const first = Array.from(indices.subarray(0, 3), shown);
  const last = Array.from(indices.subarray(Math.max(3, indices.length - 1)), shown);
  const frames = [...first, ...(indices.length > 4 ? ["…"] : []), ...last];
  return [
    indices.length ? `${plural(indices.length, "frame")}: ${frames.join(", ")}.` : "No frame.",
    loose && `${plural(loose, "name")} found without ${loose === 1 ? "its folder" : "their folders"}.`,
    absent && `${plural(absent, "number")} ${absent === 1 ? "is" : "are"} not among the frames here.`,
  ].filter(Boolean).join(" ");
}

function pathOf(text) {
  return text.replace(/^(["'])(.*)\1$/, "$2").replaceAll("\\", "/").replace(/^\.\//, "");
}

function baseOf(text) {
  return pathOf(text).split("/").at(-1);
}
