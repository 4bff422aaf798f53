"""Turn a refused or failed request into a CvatError whose text a user can act on.

The texts never contain HTML, tracebacks, paths of the server or long bodies.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from requests import Response
from requests import exceptions as requests_errors
from urllib3 import exceptions as urllib3_errors
from urllib3.util import Retry

from cvat.exceptions import (
    CvatBroken,
    CvatChunkUnserved,
    CvatError,
    CvatForbidden,
    CvatNotFound,
    CvatRejected,
    CvatStorageUnreadable,
    CvatTimeout,
    CvatUnauthorized,
    CvatUnreachable,
)
from cvat.links import normalize_url

LONGEST_QUOTE = 200
_NOT_IN_TIME = (
    "CVAT did not give these pictures in time (status {status}); its chunk worker may be down or "
    "overloaded. Try again later."
)
# Messages by status for requests for a picture or a chunk (cvat-api 10.2 to 10.4).
_DATA_FAILURES = {
    408: _NOT_IN_TIME.format(status=408),  # of a proxy
    429: "CVAT is still preparing these pictures; its chunk worker may be down. Try again later.",
    500: (
        "CVAT failed on this picture (status 500): its file, or that of a neighbour that CVAT "
        "reads with it, may be gone from the share of the task or be broken. Ask whoever runs CVAT."
    ),
    504: _NOT_IN_TIME.format(status=504),
}
# CVAT's own 429 for pictures has no body (cvat-api 10.2).
_THROTTLED = (
    "A server in front of CVAT limits how many requests it lets through (status 429). Whoever runs "
    "CVAT may raise the limit. Try again later."
)
# What CVAT says, with 403 or 404, of a file in the cloud storage of a task, and of the storage
# itself (cvat-api 10.6).
_ABOUT_FILE = re.compile(r"(The|Access to the) file ")
_ABOUT_STORAGE = re.compile(r"The resource ")
_FILE_UNREADABLE = (
    "CVAT serves neither this picture nor its neighbours, because it cannot read one of their "
    "files: {said}. Ask whoever runs CVAT."
)
_STORAGE_UNREADABLE = (
    "CVAT cannot read the cloud storage that holds the pictures of this task: it may have been "
    "deleted or detached, or be closed to CVAT. Ask whoever runs CVAT."
)
_ABOUT_SIZE = re.compile(r"Chunk data size ")  # with 500 (cvat-api 10.4)
_TOO_LARGE = (
    "CVAT does not serve this picture (status 500): with its neighbours, from which CVAT does not "
    "part it, it is larger than CVAT allows. Take compressed pictures, or ask whoever runs CVAT to "
    "raise CVAT_CACHE_ITEM_MAX_SIZE."
)
_ABOUT_RESOLUTION = re.compile(r"The video codec being used does not support ")  # with 400
_TOO_MANY_PIXELS = (
    "CVAT does not serve this picture: its encoder takes no video of more than 9,437,184 pixels "
    "(4096 × 2304). Take compressed pictures, which CVAT makes smaller."
)
_TLS = (ssl.SSLError, requests_errors.SSLError, urllib3_errors.SSLError)
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
_SERVER_PATH = re.compile(r"(?<![\w:/.}])(?:/[\w.@+-]+){2,}/?|\b[A-Za-z]:\\[^\s'\"]+")


def is_json(response: Response) -> bool:
    """Whether the body is JSON: CVAT has two media types for it (cvat-api 2.2)."""
    return "json" in response.headers.get("Content-Type", "").lower()


def from_response(
    response: Response, body: bytes, *, subject: str, place: str, is_data: bool = False
) -> CvatError:
    """The exception for an answer other than 2xx.

    `subject` is what was requested ("task 12"), `place` the host; `body` the start of the body.
    `is_data`: a picture or a chunk was requested. The text then names no frame, so that frames
    that are missing for the same reason can be grouped by the text.
    """
    said = quote(response, body)
    error = _from_status(response, body, said, subject=subject, place=place, is_data=is_data)
    error.said = said
    return error


def _from_status(
    response: Response, body: bytes, said: str, *, subject: str, place: str, is_data: bool
) -> CvatError:
    status = response.status_code
    if 300 <= status < 400:
        return CvatUnreachable(_redirect(response, place), status=status)
    if is_data and (unserved := _unserved(status, said)):
        return unserved
    if status == 401:
        return CvatUnauthorized(
            f"{place} no longer accepts the stored access: connect again.", status=status
        )
    if status == 403:
        return CvatForbidden(_forbidden(response, subject, place), status=status)
    if status == 404:
        return _not_found(response, said, subject, place)
    if is_data and status in _DATA_FAILURES:
        return _data_failure(response, body)
    if status in (408, 429, 504):
        return CvatTimeout(_try_again(response, subject, place), status=status)
    if status >= 500:
        return CvatBroken(_failed(status, subject, place), status=status)
    reason = f": {said}" if said else f" (status {status})."
    if is_data:
        return CvatRejected(f"{place} refuses to serve this picture{reason}", status=status)
    return CvatRejected(f"{place} refuses the request for {subject}{reason}", status=status)


def _unserved(status: int, said: str) -> CvatChunkUnserved | None:
    """The exception for a picture or chunk whose file CVAT cannot read in a cloud storage, or which
    is too large for it; None for another refusal."""
    if status == 500 and _ABOUT_SIZE.match(said):
        return CvatChunkUnserved(_TOO_LARGE, status=status)
    if status == 400 and _ABOUT_RESOLUTION.match(said):
        return CvatChunkUnserved(_TOO_MANY_PIXELS, status=status)
    if status in (403, 404) and _ABOUT_FILE.match(said):
        text = _FILE_UNREADABLE.format(said=said.rstrip("."))
        return CvatChunkUnserved(text, status=status)
    if status == 409 or (status in (403, 404) and _ABOUT_STORAGE.match(said)):
        return CvatStorageUnreadable(_STORAGE_UNREADABLE, status=status)
    return None


def from_failure(error: Exception, *, place: str, host: str) -> CvatUnreachable:
    """The exception for a request without an answer, or with one that broke off."""
    causes = list(_causes(error))

    def any_of(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if is_lasting(error):
        return CvatUnreachable(_certificate(causes, place))
    if any_of(urllib3_errors.ProxyError, requests_errors.ProxyError):
        return CvatUnreachable(f"The proxy on the way to {place} does not answer or refuses.")
    if any_of(urllib3_errors.NameResolutionError):
        return CvatUnreachable(f"No host is called {host}: check the address for a typing error.")
    if any_of(requests_errors.Timeout, urllib3_errors.ReadTimeoutError, TimeoutError):
        return CvatTimeout(f"{place} did not answer in time. Try again in a moment.")
    if any_of(ConnectionRefusedError):
        return CvatUnreachable(
            f"Nothing answers at {place} (connection refused): check the address and port, "
            "and whether CVAT is running."
        )
    if any_of(requests_errors.InvalidURL, requests_errors.InvalidSchema):
        return CvatUnreachable("The address of CVAT cannot be used: check it.")
    return CvatUnreachable(f"The connection to {place} failed or was lost. Try again in a moment.")


def is_lasting(error: Exception) -> bool:
    """Whether a retry would fail too: a certificate that is refused, a port without TLS. False
    for a handshake that was cut, which is what a restarting server does."""
    causes = list(_causes(error))
    return any(isinstance(cause, _TLS) for cause in causes) and not any(
        isinstance(cause, _CUT) for cause in causes
    )


def not_cvat(place: str, *, status: int | None = None) -> CvatBroken:
    """The exception for an answer that does not come from a CVAT server."""
    return CvatBroken(
        f"What answers at {place} does not look like CVAT: check the address "
        "(a sign-in page or another program may stand in front of it).",
        status=status,
    )


def retry_after(response: Response) -> float | None:
    """Seconds from the Retry-After header, which may hold a number or a date; None without."""
    text = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(Retry().parse_retry_after(text)))
    except (urllib3_errors.InvalidHeader, ValueError, OverflowError):
        return None


def quote(response: Response, body: bytes) -> str:
    """The message in an error body, fit to be shown; "" if there is none (cvat-api 10.1)."""
    text = body.decode("utf-8", errors="replace")
    if is_json(response):
        try:
            text = _message(json.loads(text))
        except (ValueError, RecursionError):
            return ""
    elif re.search(r"[<{]|Traceback", text):
        return ""
    return _presentable(text)


def _message(said: Any) -> str:
    """The text of an error that is an object, a list or a string (cvat-api 10.1)."""
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return " ".join(filter(None, (_message(item) for item in said[:5])))
    if isinstance(said, dict):
        if isinstance(said.get("detail"), str):
            return str(said["detail"])
        return " ".join(filter(None, (_message(item) for item in list(said.values())[:5])))
    return ""


def _presentable(text: str) -> str:
    if "Traceback" in text or "<html" in text.lower():
        return ""
    text = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
    text = _SERVER_PATH.sub("(path)", text)
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def _data_failure(response: Response, body: bytes) -> CvatError:
    status = response.status_code
    text = _THROTTLED if status == 429 and body.strip() else _DATA_FAILURES[status]
    kind = CvatBroken if status == 500 else CvatTimeout
    error = kind(_with_wait(text, retry_after(response)), status=status)
    error.lasting = text
    return error


def _redirect(response: Response, place: str) -> str:
    """The text for a redirect. CVAT itself never redirects; a proxy in front of it does: to https,
    to a sub-path or to a sign-in page."""
    try:
        asked = urlsplit(response.url)
        target = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
        path = target.path.rstrip("/")
        address = normalize_url(f"{target.scheme}://{target.netloc}{path}")
        is_same_api = not path or path.endswith(asked.path[asked.path.rfind("/api/") :])
        if is_same_api and address != f"{asked.scheme}://{place}":
            return f"{place} sends requests on to {address[:200]}: use that address instead."
    except ValueError:
        pass  # the Location header is not an address
    return (
        f"{place} sends requests on to another page, perhaps a sign-in page in front of CVAT: "
        "check the address."
    )


def _forbidden(response: Response, subject: str, place: str) -> str:
    """The text for 403. Lists that name an organization are open to all its members, and to nobody
    else (cvat-api 3.5)."""
    organization = parse_qs(urlsplit(response.url).query).get("org", [""])[-1]
    if not organization:
        return f"Your account on {place} may not see {subject}."
    return (
        f"Your account on {place} does not belong to the organization {organization[:100]} (any "
        "more). Ask one of its maintainers to invite you, or connect without the organization."
    )


def _not_found(response: Response, said: str, subject: str, place: str) -> CvatError:
    unknown = re.match(r"(\S+) organization does not exist", said)
    if unknown:
        return CvatNotFound(f"There is no organization {unknown[1]} on {place}.", status=404)
    is_text = said and "html" in response.headers.get("Content-Type", "")  # CVAT's plain texts
    if not (is_text or is_json(response)):
        return not_cvat(place, status=404)
    begin = subject[:1].upper() + subject[1:]
    return CvatNotFound(f"{begin} does not exist on {place} (or was deleted).", status=404)


def _try_again(response: Response, subject: str, place: str) -> str:
    wait = retry_after(response)
    when = f"in {wait:.0f} seconds" if wait else "in a moment"
    if response.status_code == 429:
        return f"{place} cannot answer for {subject} yet: try again {when}."
    return f"{place} took too long to answer for {subject}: try again {when}."


def _with_wait(text: str, wait: float | None) -> str:
    return text.replace("later.", f"in {wait:.0f} seconds.") if wait else text


def _failed(status: int, subject: str, place: str) -> str:
    if status in (502, 503):
        return f"CVAT behind {place} is down or restarting (status {status}): try again later."
    return f"{place} failed on {subject} (status {status}): ask whoever runs CVAT."


def _certificate(causes: list[BaseException], place: str) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {place} is not trusted ({cause.verify_message}). Check the "
                "address, or ask whoever runs the portal to add the certificate authority."
            )
    return f"{place} does not speak HTTPS as expected: check the port, or try http://."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that it wraps; requests and urllib3 use args and reason for that."""
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [
            *cause.args,
            getattr(cause, "reason", None),
            getattr(cause, "original_error", None),
        ]
        pending += [cause.__cause__, cause.__context__]
