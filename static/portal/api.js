// Asks the portal's own API, as the person who is signed in.

const BUSY_TRIES = 5;
const BUSY_PAUSE = 2000; // ms

export class ApiError extends Error {
  constructor(message, code, status) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** The person must connect to CVAT (again). */
  get needsConnection() {
    return this.code === "not_connected" || this.code === "cvat_unauthorized";
  }
}

/** @param url
 * @param {{signal?: AbortSignal, read?: (response: Response) => Promise<any>}} [options] */
export async function get(url, { signal, read = (response) => response.json() } = {}) {
  return answer(url, { signal }, read);
}

export async function post(url, body) {
  return send("POST", url, body);
}

export async function patch(url, body) {
  return send("PATCH", url, body);
}

/** Send bytes, as they are.
 * @param {string} url
 * @param {Blob} bytes
 * @param {{signal?: AbortSignal}} [options] */
export async function patchBytes(url, bytes, { signal } = {}) {
  const headers = { "Content-Type": "application/octet-stream", "X-CSRFToken": csrfToken() };
  const options = { method: "PATCH", headers, body: bytes, signal };
  return whileBusy(() => answer(url, options, (response) => response.json()), { signal });
}

/** @param {string} url */
export async function remove(url) {
  const options = { method: "DELETE", headers: { "X-CSRFToken": csrfToken() } };
  return answer(url, options, async () => null);
}

/** An address with what is not empty of the parameters. */
export function address(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== "");
  return `${path}?${new URLSearchParams(given)}`;
}

/** The result of `ask`, which is called again a few times while the portal is busy (503): what it is
 * too busy for it has not begun.
 * @template T
 * @param {() => Promise<T>} ask
 * @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<T>} */
export async function whileBusy(ask, { signal } = {}) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (error.code !== "busy" || tries === BUSY_TRIES) throw error;
      await new Promise((done) => setTimeout(done, BUSY_PAUSE));
      signal?.throwIfAborted();
    }
  }
}

async function send(method, url, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  const options = { method, headers, body: JSON.stringify(body) };
  return whileBusy(() => answer(url, options, (response) => response.json()));
}

async function answer(url, options, read) {
  let response;
  try {
    response = await fetch(url, options);
    if (response.ok) return await read(response);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError("The portal does not answer. Check your network and try again.", "", 0);
  }
  throw failure(response.status, await response.json().catch(() => null));
}

function csrfToken() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

function failure(status, told) {
  const code = told?.code ?? "";
  if (code === "not_authenticated" || code === "authentication_failed") {
    return new ApiError("You are signed out. Reload the page and sign in again.", code, status);
  }
  const said = told?.message ?? told?.detail;
  if (!said) {
    return new ApiError(`The portal failed at this (${status}). Try again.`, code, status);
  }
  return new ApiError(sentence(said), code, status);
}

/** "count: how many ..." reads better without the name of the field. */
function sentence(text) {
  const plain = text.replace(/^[a-z_.[\]\d]+: /, "");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
