"""HTTP to the portal: token, repeated requests, errors."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from cvat_select.errors import Error, Refused, Unreachable, error_of, not_a_portal
from cvat_select.version import VERSION

CONNECT_SECONDS, READ_SECONDS = 10, 90
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds before a request is repeated
LONGEST_PAUSE = 60.0
REPEATED = {429, 502, 503, 504}
# The portal reads annotations or pictures of CVAT in the background: the draw is asked for again.
BEING_READ = {"annotations_not_read", "pictures_not_read"}
READING_SECONDS = 1800
LOST = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)


class _Token(AuthBase):
    """Sends the token. As a header of the session, one in .netrc would take its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Http:
    """Requests to one portal with one token.

    A request whose connection is lost, or that the portal is too busy for, is repeated; so what
    creates something must be sent with an Idempotency-Key. `on_wait` is told why before each pause.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        on_wait: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise Error(
                f'"{url}" is not the address of a portal. Give one such as '
                "https://selector.example.com."
            )
        if not (token.isascii() and token.isprintable() and token.strip()):
            raise Error("The API token is empty or has other characters than a token has.")
        self.url = url.rstrip("/")
        self._on_wait = on_wait
        self._sleep = sleep
        self._session = requests.Session()
        self._session.auth = _Token(token.strip())
        self._session.headers["User-Agent"] = f"cvat-select/{VERSION}"

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at an address of the API. A query value None is left out."""
        return _json(self.request("GET", path, params=query))

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> Any:
        """The JSON answered to a body. `key` is the Idempotency-Key."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return _json(self.request("POST", path, json=body, headers=headers))

    def patch_bytes(self, path: str, content: bytes, **query: Any) -> Any:
        """The JSON answered to bytes. Sent again after a lost connection: only for what the portal
        takes once."""
        headers = {"Content-Type": "application/octet-stream"}
        return _json(self.request("PATCH", path, params=query, data=content, headers=headers))

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """The answer, if it is a success. Raises Refused, Unreachable."""
        pauses = iter(PAUSES)
        end_of_reading = time.monotonic() + READING_SECONDS
        while True:
            try:
                answer = self._send(method, path, **options)
            except LOST as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise Unreachable(
                        f"The certificate of {self.url} is not trusted. If a private authority has "
                        "signed it, name the file of its certificates in REQUESTS_CA_BUNDLE."
                    ) from error
                failure: Error = Unreachable(
                    f"{self.url} cannot be reached ({type(error).__name__}). Check the address and "
                    "the network, then try again."
                )
                pause = next(pauses, None)
            else:
                if answer.ok:
                    return answer
                failure = error_of(answer)
                code = failure.code if isinstance(failure, Refused) else ""
                if code in BEING_READ and time.monotonic() < end_of_reading:
                    pause = PAUSES[1]
                elif answer.status_code in REPEATED or code == "idempotency_key_in_use":
                    pause = next(pauses, None)
                else:
                    raise failure
                answer.close()
                pause = None if pause is None else max(pause, _retry_after(answer))
            if pause is None:
                raise failure
            self._on_wait(str(failure))
            self._sleep(min(pause, LONGEST_PAUSE))

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = self._session.request(
            method,
            self.url + path,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            # A POST that is redirected would become a GET, and the token go elsewhere.
            allow_redirects=False,
            **options,
        )
        if answer.is_redirect:
            raise Unreachable(
                f"{self.url} sends requests on to {answer.headers['Location']}. Connect with the "
                "address that the portal has there."
            )
        return answer


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise not_a_portal(answer) from None


def _retry_after(answer: requests.Response) -> float:
    """The seconds that the answer asks to wait; 0 where it names none, or a date."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdecimal() else 0.0
