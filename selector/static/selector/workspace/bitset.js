// A set of small whole numbers, one bit each: 12.5 kB for 100,000 frames.

export class Bits {
  constructor(length, words = new Uint32Array((length + 31) >>> 5)) {
    this.length = length;
    this.words = words;
  }

  has(index) {
    return (this.words[index >>> 5] & (1 << (index & 31))) !== 0;
  }

  put(index, wanted) {
    if (wanted) this.words[index >>> 5] |= 1 << (index & 31);
    else this.words[index >>> 5] &= ~(1 << (index & 31));
  }

  copy() {
    return new Bits(this.length, this.words.slice());
  }

  /** The same members, with room for more. */
  grown(length) {
    const bits = new Bits(length);
    bits.words.set(this.words);
    return bits;
  }

  /** The members from `first` on, as a set of their own of so many: `first` is its 0. */
  slice(first, length) {
    const part = new Bits(length);
    const [from, shift] = [first >>> 5, first & 31];
    for (let at = 0; at < part.words.length; at += 1) {
      const [low, high] = [this.words[from + at] ?? 0, this.words[from + at + 1] ?? 0];
      part.words[at] = shift ? (low >>> shift) | (high << (32 - shift)) : low;
    }
    if (length & 31) part.words[part.words.length - 1] &= (1 << (length & 31)) - 1;
    return part;
  }

  /** What is in one of the two and not in both. */
  xor(other) {
    const words = this.words.slice();
    for (let at = 0; at < words.length; at += 1) words[at] ^= other.words[at];
    return new Bits(this.length, words);
  }

  /** What is in both. */
  and(other) {
    return new Bits(this.length, this.words.map((word, at) => word & other.words[at]));
  }

  /** Whether the members are the same, whatever there is room for. */
  equals(other) {
    if (this.words.length < other.words.length) return other.equals(this);
    return this.words.every((word, at) => word === (other.words[at] ?? 0));
  }

  /** How many members are from `first` to before `end`. */
  countBetween(first, end) {
    let count = 0;
    for (let index = first; index < end; index += 1) {
      if ((index & 31) === 0 && index + 32 <= end) {
        count += ones(this.words[index >>> 5] ?? 0);
        index += 31;
      } else if (this.has(index)) count += 1;
    }
    return count;
  }

  /** How many members there are. */
  get size() {
    return this.words.reduce((sum, word) => sum + ones(word), 0);
  }

  isEmpty() {
    return this.words.every((word) => word === 0);
  }

  /** Calls back with each member, in order. */
  each(visit) {
    for (let at = 0; at < this.words.length; at += 1) {
      let word = this.words[at];
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        visit((at << 5) + bit);
        word &= word - 1;
      }
    }
  }
}

/** How many bits of a word are set. */
function ones(word) {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
