// Asks the portal's own API, as the person who is signed in.

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

export async function post(url, body) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(body),
    });
  } catch {
    throw new ApiError("The portal does not answer. Check your network and try again.", "", 0);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  throw failure(response.status, answer);
}

function csrfToken() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

function failure(status, answer) {
  const code = answer?.code ?? "";
  if (code === "not_authenticated" || code === "authentication_failed") {
    return new ApiError("You are signed out. Reload the page and sign in again.", code, status);
  }
  const said = answer?.message ?? answer?.detail;
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
