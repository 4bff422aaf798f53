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

  /** What is in one of the two and not in both. */
  xor(other) {
    const words = this.words.slice();
    for (let at = 0; at < words.length; at += 1) words[at] ^= other.words[at];
    return new Bits(this.length, words);
  }

  equals(other) {
    return this.words.every((word, at) => word === other.words[at]);
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
