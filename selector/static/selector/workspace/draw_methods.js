// The draw methods, as the server lists them in the page.

/** @typedef {{name: string, kind: "count" | "share", label: string}} Parameter */
/** @typedef {{key: string, isPerJob: boolean, isPerLabel: boolean, parameters: Parameter[]}} Method */

const listed = JSON.parse(document.getElementById("draw-methods").textContent);

/** @type {Map<string, Method>} by frame_selection_method */
export const METHODS = new Map(listed.map((method) => [method.key, method]));

/** The parameter of a method for a "count" or a "share"; undefined if it takes none. */
export function parameterOf(key, kind) {
  return METHODS.get(key)?.parameters.find((each) => each.kind === kind);
}
