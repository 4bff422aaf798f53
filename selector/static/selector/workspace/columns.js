// Columns of numbers that grow. Pure.

/** The first numbers and then the others. The buffer of the first ones is used again as long as it has
 * room: a hundred tasks one after the other are not copied a hundred times.
 * @param {Uint32Array<ArrayBuffer>} first that nothing else is appended to
 * @param {Uint32Array} others
 * @returns {Uint32Array<ArrayBuffer>} */
export function appended(first, others) {
  const length = first.length + others.length;
  const hasRoom = first.buffer.byteLength >= 4 * length;
  const all = new Uint32Array(hasRoom ? first.buffer : new ArrayBuffer(8 * length), 0, length);
  if (!hasRoom) all.set(first);
  all.set(others, first.length);
  return all;
}
