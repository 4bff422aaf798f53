// The draw methods, as the server lists them in the page.

/** @typedef {{name: string, kind: "count" | "share", label: string}} Amount */
/** @typedef {{name: string, label: string, description: string, default: number}} Setting a number beside the amount */
/** @typedef {{key: string, description: string, isPerJob: boolean, isPerLabel: boolean, isRandom: boolean, shortage: string,
 *   nestedUpTo: number | null, amounts: Amount[], settings: Setting[]}} Method */

const listed = JSON.parse(document.getElementById("draw-methods").textContent);

/** @type {Map<string, Method>} by frame_selection_method */
export const METHODS = new Map(listed.map((method) => [method.key, method]));

/** The amount of a method for a "count" or a "share"; undefined if it takes none.
 * @returns {Amount | undefined} */
export function amountOf(key, kind) {
  return METHODS.get(key)?.amounts.find((each) => each.kind === kind);
}
