"""HTTP requests to a CVAT server: credentials, time-outs, retries, errors.

Every request goes through `Http`, which returns data or raises a CvatError.
"""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, TypedDict, TypeVar, Unpack

import requests
import urllib3
from requests.auth import AuthBase

from cvat import bodies, errors, sessions
from cvat.exceptions import (
    CvatBroken,
    CvatChunkUnserved,
    CvatError,
    CvatTimeout,
    CvatUnauthorized,
)
from cvat.retries import INTERACTIVE, TEMPORARY, Retries
from cvat.types import Credential, CredentialKind, Download, FrameData

logger = logging.getLogger("cvat")

Params = Mapping[str, str | int]
T = TypeVar("T")
Report = Callable[[CvatError], None]
AroundAttempt = Callable[[], AbstractContextManager[Report | None]]

# Gzip costs CVAT four times the work of the chunk itself and saves nothing (cvat-api 7.7).
_IDENTITY = {"Accept-Encoding": "identity"}
_REPEATED = ("GET", "HEAD")  # the other methods change something
_SCHEMES = {CredentialKind.ACCESS_TOKEN: "Bearer", CredentialKind.LOGIN_TOKEN: "Token"}


class TokenAuth(AuthBase):
    """Sets the Authorization header of a credential. Also used without a credential: otherwise
    requests would read the .netrc file of the machine and send what it finds there."""

    def __init__(self, credential: Credential | None) -> None:
        self._header = None
        if credential is None:
            return
        value = credential.value.strip()
        if not (value.isascii() and value.isprintable() and " " not in value and value):
            raise CvatUnauthorized("This is not an access token: copy the whole token again.")
        self._header = f"{_SCHEMES[credential.kind]} {value}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._header is not None:
            request.headers["Authorization"] = self._header
        return request


class DownloadOptions(TypedDict, total=False):
    """Options of Http.download, all of which may be absent or None.

    - `watch` is called with the progress of the body, and ends the request by raising.
    - `put_off_after`: seconds after which a temporary error (408, 429, 502 to 504, a time-out, 500
      for every request) is raised, so that the caller can try again later. Default: as long as the
      retries allow.
    - `read_timeout` in seconds. Default: the client's.
    """

    watch: bodies.Watch | None
    put_off_after: float | None
    read_timeout: float | None


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `subject` names its object ("task 12") in the text of an error."""

    method: str
    path: str
    subject: str
    params: Params | None = None
    body: Mapping[str, Any] | None = None  # sent as JSON
    content: bytes | None = None  # sent as it is, in place of a body
    headers: Mapping[str, str] | None = None
    is_data: bool = False  # chunks and pictures
    put_off_after: float | None = None  # see DownloadOptions
    read_timeout: float | None = None
    bounds: bodies.JsonBounds | None = None  # of the answer to a change; None: ORDINARY


class Changed(NamedTuple):
    """The answer to a change: its JSON (None without) and its headers."""

    data: Any
    headers: Mapping[str, str]


# What an answer raises that ends too early or cannot be decoded.
_BROKEN_OFF = (
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.DecodeError,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt, and whether another one makes sense."""

    error: CvatError
    attempts: float = 1  # how many attempts to make in all after such a failure
    wait: float | None = None  # seconds, from Retry-After


class Http:
    """Requests to one server with one credential. Safe for threads; no cookies, no state.

    With `keep_alive` the connections are shared by the whole process, and stay open after `close`.
    No request runs longer than `seconds` from now.

    Every attempt runs inside a new context from `around_attempt`; the waits between attempts
    (`sleep`) lie outside of it. An exception from either ends the request. If the context yields a
    function, it is called with the CvatError of a failed attempt.
    """

    def __init__(
        self,
        *,
        url: str,
        credential: Credential | None,
        verify: bool | str = True,
        timeout: tuple[float, float] = (5, 70),
        retries: Retries = INTERACTIVE,
        sleep: Callable[[float], None] = time.sleep,
        keep_alive: bool = False,
        seconds: float = float("inf"),
        around_attempt: AroundAttempt = nullcontext,
    ) -> None:
        self.url = url.rstrip("/")
        self.place = self.url.partition("://")[2]
        self._verify = verify
        self._timeout = timeout
        self._retries = retries
        self._sleep = sleep
        self._around_attempt = around_attempt
        self._until = time.monotonic() + seconds
        self._auth = TokenAuth(credential)
        self._is_shared = keep_alive
        self._session = (
            sessions.shared_session(self.url, verify) if keep_alive else sessions.new_session()
        )

    def close(self) -> None:
        if not self._is_shared:
            self._session.close()

    def abort(self) -> None:
        """Break off the running requests of all threads, and all later ones. TypeError with
        `keep_alive`."""
        if self._is_shared:
            raise TypeError("the connections are shared with other clients")
        self._session.abort()

    def is_well(self) -> bool:
        """Whether CVAT answers a simple request, made once, without a server error."""
        try:
            with self._send(Call("GET", "/api/users/self", "your account")) as response:
                return response.status_code < 500
        except (requests.RequestException, urllib3.exceptions.HTTPError):
            return False

    def get(
        self,
        path: str,
        *,
        subject: str,
        params: Params | None = None,
        bounds: bodies.JsonBounds = bodies.ORDINARY,
        decode: Callable[[bytearray], Any] = json.loads,
    ) -> Any:
        """The JSON of the answer, as `decode` gives it."""
        call = Call("GET", path, subject, params)
        return self._exchange(
            call,
            lambda answer: bodies.read_json(answer, place=self.place, bounds=bounds, decode=decode),
        )

    def save_json(self, path: str, *, subject: str, into: BinaryIO) -> None:
        """Write the JSON of the answer to a seekable file, from its current position on."""
        start = into.tell()

        def write(response: requests.Response) -> None:
            into.seek(start)
            into.truncate()
            bodies.save_json(response, place=self.place, into=into)

        self._exchange(Call("GET", path, subject), write)

    def post(self, path: str, *, subject: str, body: Mapping[str, Any]) -> Any:
        call = Call("POST", path, subject, body=body)
        return self._exchange(call, self._json)

    def patch(self, path: str, *, subject: str, body: Mapping[str, Any]) -> Any:
        call = Call("PATCH", path, subject, body=body)
        return self._exchange(call, self._json)

    def delete(self, path: str, *, subject: str) -> None:
        self._exchange(Call("DELETE", path, subject), lambda response: None)

    def change(self, call: Call) -> Changed:
        """The answer to a request that changes something. It is sent once: whether CVAT has
        carried it out when the answer is lost is for the caller to find out."""

        def read(response: requests.Response) -> Changed:
            has_json = errors.is_json(response) and response.status_code != 204
            if not has_json:
                return Changed(None, response.headers)
            bounds = call.bounds or bodies.ORDINARY
            answer = bodies.read_json(response, place=self.place, bounds=bounds)
            return Changed(answer, response.headers)

        return self._exchange(call, read)

    def head(self, path: str, *, subject: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The headers of the answer."""
        return self._exchange(
            Call("HEAD", path, subject, headers=headers), lambda answer: answer.headers
        )

    def data(self, path: str, *, subject: str, params: Params | None = None) -> FrameData:
        """A picture, read into memory."""
        call = Call("GET", path, subject, params, headers=_IDENTITY, is_data=True)
        return self._exchange(call, lambda answer: bodies.read_picture(answer, place=self.place))

    def download(
        self,
        path: str,
        *,
        subject: str,
        params: Params | None,
        into: BinaryIO,
        limit: int = bodies.MAX_DATA,
        **options: Unpack[DownloadOptions],
    ) -> Download:
        """Write a chunk or a picture of at most `limit` bytes to a seekable file, from its current
        position on; a repeated attempt starts there again. What the file held behind its end is
        cut off. Length and X-Checksum are verified."""
        call = Call(
            "GET",
            path,
            subject,
            params,
            headers=_IDENTITY,
            is_data=True,
            put_off_after=options.get("put_off_after"),
            read_timeout=options.get("read_timeout"),
        )
        watch, start = options.get("watch"), into.tell()

        def write(response: requests.Response) -> Download:
            into.seek(start)
            answer = bodies.save(response, place=self.place, into=into, watch=watch, limit=limit)
            into.truncate()
            return answer

        return self._exchange(call, write)

    def _exchange(self, call: Call, consume: Callable[[requests.Response], T]) -> T:
        started: float | None = None
        for attempt in itertools.count(1):
            with self._around_attempt() as report:  # may wait: the time counts from its entry on
                started = time.monotonic() if started is None else started
                outcome = self._attempt(call, consume)
                if report is not None and isinstance(outcome, Failure):
                    report(outcome.error)
            if not isinstance(outcome, Failure):
                return outcome
            wait = self._wait(call, outcome, attempt)
            if wait is None or self._is_late(call, outcome, time.monotonic() - started, wait):
                # Raised outside of any handler: an exception of requests holds the request with
                # its headers and body, and must not become the context of this one.
                raise outcome.error
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _is_late(self, call: Call, failure: Failure, elapsed: float, wait: float) -> bool:
        if elapsed > self._retries.give_up_after or time.monotonic() + wait > self._until:
            return True
        limit = call.put_off_after if failure.error.is_passing else None
        return limit is not None and elapsed + wait > limit

    def _attempt(self, call: Call, consume: Callable[[requests.Response], T]) -> T | Failure:
        started = time.monotonic()
        try:
            with self._send(call) as response:
                self._log(call, response, started)
                if 200 <= response.status_code < 300:
                    return consume(response)
                return self._refused(call, response)
        except bodies.BodyCut:
            cut = CvatBroken(f"{self.place} sent {call.subject} incomplete or damaged.")
            return Failure(cut, attempts=self._retries.damaged_attempts)
        except _BROKEN_OFF:
            cut = CvatBroken(f"{self.place} broke off while sending {call.subject}.")
            return Failure(cut, attempts=self._retries.damaged_attempts)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            logger.info("%s %s failed: %s", call.method, call.path, type(error).__name__)
            host = self.place.partition("/")[0]
            lost = errors.from_failure(error, place=self.place, host=host)
            final = errors.is_lasting(error)
            lost.is_passing = isinstance(lost, CvatTimeout)
            return Failure(lost, attempts=1 if final else float("inf"))

    def _send(self, call: Call) -> requests.Response:
        remaining = self._until - time.monotonic()
        if remaining <= 0:
            raise requests.Timeout
        connect, read = (min(seconds, remaining) for seconds in self._timeout)
        read = min(read, call.read_timeout or read)
        with sessions.answers_until(self._until):
            return self._session.request(
                call.method,
                f"{self.url}{call.path}",
                params=call.params,
                json=call.body,
                data=call.content,
                headers=call.headers,
                auth=self._auth,
                timeout=(connect, read),
                verify=self._verify,  # not on the session, where REQUESTS_CA_BUNDLE would win
                allow_redirects=False,
                stream=True,
            )

    def _refused(self, call: Call, response: requests.Response) -> Failure:
        status = response.status_code
        body = bodies.head(response)
        error = errors.from_response(
            response, body, subject=call.subject, place=self.place, is_data=call.is_data
        )
        if status in TEMPORARY:
            error.retry_after = errors.retry_after(response)
            error.is_passing = True
            return Failure(error, attempts=float("inf"), wait=error.retry_after)
        if isinstance(error, CvatChunkUnserved):
            return Failure(error)
        if status == 500 and call.is_data:
            # Mostly a wrong parameter: one more attempt. But while its policy engine is down, CVAT
            # fails at every request (cvat-api 10.3): then this is like a 503.
            error.is_passing = not self.is_well()
            return Failure(error, attempts=float("inf") if error.is_passing else 2)
        return Failure(error)

    def _wait(self, call: Call, failure: Failure, attempt: int) -> float | None:
        """Seconds to wait before the next attempt; None if there shall be none."""
        if call.method not in _REPEATED or attempt >= failure.attempts:
            return None
        return self._retries.wait(attempt, retry_after=failure.wait)

    def _json(self, response: requests.Response) -> Any:
        return bodies.read_json(response, place=self.place, bounds=bodies.ORDINARY)

    def _log(self, call: Call, response: requests.Response, started: float) -> None:
        logger.log(
            logging.DEBUG if response.ok else logging.INFO,
            "%s %s %s %.0f ms, CVAT request %s",
            call.method,
            call.path,
            response.status_code,
            (time.monotonic() - started) * 1000,
            response.headers.get("X-Request-Id", "-")[:64],
        )
