// Patterns of file names, as is_like() of selector/scope.py understands them. Pure.

/** @typedef {null | ((character: string) => boolean)} Part null: any characters, as many as there are */

/** A test of lowered file names: whether the whole name is like the pattern, in any case. `*` stands
 * for any characters, `?` for one, `[0-4]` for one of these, `[!0-4]` for one that is none of these. A
 * pattern without `/` is compared with the name without its folders.
 * @param {string} pattern
 * @returns {(name: string) => boolean} */
export function likePattern(pattern) {
  const parts = partsOf(pattern.toLowerCase());
  const isOfPath = pattern.includes("/");
  return (name) => isLike([...(isOfPath ? name : name.slice(name.lastIndexOf("/") + 1))], parts);
}

/** Goes back to the last `*` alone, so that no pattern takes long.
 * @param {string[]} characters @param {Part[]} parts */
function isLike(characters, parts) {
  let [at, part, star, from] = [0, 0, -1, 0];
  while (at < characters.length) {
    if (parts[part] === null) [star, from, part] = [part, at, part + 1];
    else if (parts[part]?.(characters[at])) [at, part] = [at + 1, part + 1];
    else if (star < 0) return false;
    else [from, at, part] = [from + 1, from + 1, star + 1];
  }
  return parts.slice(part).every((rest) => rest === null);
}

/** @returns {Part[]} */
function partsOf(pattern) {
  const characters = [...pattern];
  const parts = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at];
    const end = character === "[" ? endOfSet(characters, at) : -1;
    if (character === "*") parts.push(null);
    else if (character === "?") parts.push(() => true);
    else if (end < 0) parts.push((other) => other === character);
    else {
      parts.push(setOf(characters.slice(at + 1, end)));
      at = end;
    }
  }
  return parts;
}

/** Where the `]` of a set is, which may begin with one; -1 without any: then `[` is a character. */
function endOfSet(characters, at) {
  const first = characters[at + 1] === "!" ? at + 2 : at + 1;
  return characters.indexOf("]", first + 1);
}

/** @param {string[]} inside such as 0-4, a, or !0-4
 * @returns {Part} */
function setOf(inside) {
  const isNot = inside[0] === "!";
  const members = isNot ? inside.slice(1) : inside;
  const ranges = [];
  for (let at = 0; at < members.length; at += 1) {
    const isRange = members[at + 1] === "-" && at + 2 < members.length;
    ranges.push([members[at], members[isRange ? at + 2 : at]].map((each) => each.codePointAt(0)));
    if (isRange) at += 2;
  }
  return (character) => {
    const code = character.codePointAt(0);
    return ranges.some(([low, high]) => low <= code && code <= high) !== isNot;
  };
}
