// A long list as JSON, in parts that each take less than a frame of the screen. Pure.

const AT_ONCE = 1000; // ~5 ms

/** Parts that together equal JSON.stringify(all, null, 2).
 * @template T @param {ArrayLike<T> & {slice: (from: number, to: number) => ArrayLike<T>}} items
 * @param {(item: T) => object} written */
export function* jsonParts(items, written) {
  if (!items.length) return yield "[]";
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const some = Array.from(items.slice(at, at + AT_ONCE), written);
    yield (at ? ",\n" : "[\n") + JSON.stringify(some, null, 2).slice(2, -2);
  }
  return yield "\n]";
}
