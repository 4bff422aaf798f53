// What must be annotated on a frame: an object with the keys of the API's `annotation_filter`, of which
// only those are there that limit something. Pure.

/** @typedef {{label: string, name: string, value: string}} AttributeValue */
/** @typedef {{labels_any?: string[], labels_all?: string[], labels_none?: string[],
 *   objects_from?: number, objects_to?: number, attributes?: AttributeValue[], annotated?: boolean,
 *   sources?: string[], occluded?: boolean, area_from?: number, area_to?: number}} AnnotationFilter */

const LISTS = ["labels_any", "labels_all", "labels_none", "sources"];
const NUMBERS = ["objects_from", "objects_to", "area_from", "area_to"];
const FLAGS = ["annotated", "occluded"];
const ATTRIBUTE = "attribute"; // "label:name=value"; in label and name %, : and = are %25, %3A and %3D
const PARAMETERS = [...LISTS, ...NUMBERS, ...FLAGS, ATTRIBUTE];

/** The filter without what limits nothing.
 * @param {Record<string, any>} filter
 * @returns {AnnotationFilter} */
export function tidy(filter) {
  const limits = (value) => (Array.isArray(value) ? value.length > 0 : (value ?? "") !== "");
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => limits(value)));
}

export function isSet(filter) {
  return Object.keys(filter).length > 0;
}

/** As query parameters, of the API and of the page: [[name, value], ...].
 * @param {AnnotationFilter} filter */
export function parametersOf({ attributes = [], ...filter }) {
  return [
    ...Object.entries(filter).flatMap(([name, value]) => [value].flat().map((each) => [name, String(each)])),
    ...attributes.map(({ label, name, value }) => [ATTRIBUTE, `${escaped(label)}:${escaped(name)}=${value}`]),
  ];
}

/** The filter in the query of an address.
 * @param {string} search */
export function filterIn(search) {
  const query = new URLSearchParams(search);
  const number = (text) => (text === null || text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text));
  return tidy({
    ...Object.fromEntries(LISTS.map((name) => [name, query.getAll(name)])),
    ...Object.fromEntries(NUMBERS.map((name) => [name, number(query.get(name))])),
    ...Object.fromEntries(FLAGS.map((name) => [name, { true: true, false: false }[query.get(name)]])),
    attributes: query.getAll(ATTRIBUTE).map(attributeOf).filter(Boolean),
  });
}

/** The labels that the filter names, each once.
 * @param {AnnotationFilter} filter */
export function labelsIn({ labels_any: any = [], labels_all: all = [], labels_none: none = [], attributes = [] }) {
  return [...new Set([...any, ...all, ...none, ...attributes.map(({ label }) => label)])];
}

/** The address with this filter instead of its own.
 * @param {string} href
 * @param {AnnotationFilter} filter */
export function withFilter(href, filter) {
  const url = new URL(href);
  for (const name of PARAMETERS) url.searchParams.delete(name);
  for (const [name, value] of parametersOf(filter)) url.searchParams.append(name, value);
  return url.href;
}

function escaped(name) {
  return name.replace(/[%:=]/g, encodeURIComponent);
}

function attributeOf(text) {
  const parts = /^([^:]*):([^=]*)=(.*)$/s.exec(text);
  try {
    return parts && { label: decodeURIComponent(parts[1]), name: decodeURIComponent(parts[2]), value: parts[3] };
  } catch {
    return null; // a % that nothing follows
  }
}
