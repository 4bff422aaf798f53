"""A signed POST to an address of a person's choice, which must not reach the portal's own network.
Pure."""

from __future__ import annotations

import hmac
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from cvat.sessions import TimedResponse, answers_until

Networks = Collection[IPv4Network | IPv6Network]

# Networks of IPv6 that are not private by themselves, but lead to private ones: gateways to IPv4
# (NAT64, 6to4, Teredo, mapped and translated addresses) and site-local addresses.
_INDIRECT = [
    ip_network(each) for each in ("::/32", "64:ff9b::/32", "2001::/32", "2002::/16", "fec0::/10")
]

LONGEST_URL = 1000
SIGNATURE = "X-Selector-Signature"
TIMEOUT = urllib3.Timeout(connect=5, read=10)
ANSWER_SECONDS = 15.0  # for connecting and the whole answer, also one that comes byte by byte


class WebhookFailed(Exception):
    """The address did not take the body; `str(error)` says why."""


def check_url(url: str) -> str:
    """The address without spaces around it. Raises WebhookFailed for one that cannot be used."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebhookFailed("This is not a valid address.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise WebhookFailed("Write the whole address, beginning with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise WebhookFailed("Leave user name and password out of the address.")
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise WebhookFailed(
            f"The address must be plain ASCII without spaces, of at most {LONGEST_URL} characters."
        )
    return url


def check_literal_address(url: str, allowed: Networks) -> None:
    """Raises WebhookFailed for an address that names its server by number, or as localhost, and is
    not public. Other names are looked up only when something is sent: what they mean changes."""
    name = urlsplit(url).hostname or ""
    flags = 0 if name == "localhost" else socket.AI_NUMERICHOST
    with suppress(socket.gaierror):
        _checked_address(name, 0, allowed, flags=flags)


def signature(body: bytes, secret: str) -> str:
    """The value of the header SIGNATURE: "sha256=" and the HMAC-SHA256 of the body."""
    return f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}"


def post(
    url: str, body: bytes, *, secret: str, headers: dict[str, str], allowed: Networks = ()
) -> int:
    """Send the JSON body; the status of the answer, whose body is not read. Redirects are not
    followed, proxies of the environment not used.

    Raises WebhookFailed for an answer that is no success, an address that is not public and in none
    of the `allowed` networks, and a server that does not answer.
    """
    try:
        with (
            _pool(check_url(url), allowed) as pool,
            answers_until(time.monotonic() + ANSWER_SECONDS),
        ):
            answer = pool.request(
                "POST",
                _target(url),
                body=body,
                headers={
                    "Content-Type": "application/json",
                    SIGNATURE: signature(body, secret),
                    **headers,
                },
                redirect=False,
                retries=False,
                preload_content=False,
            )
            answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
        raise WebhookFailed(
            f"The server cannot be reached or does not answer ({type(error).__name__})."
        ) from error
    if not 200 <= answer.status < 300:
        raise WebhookFailed(f"The server answered {answer.status}.")
    return int(answer.status)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def _pool(url: str, allowed: Networks) -> HTTPConnectionPool:
    parts = urlsplit(url)
    kind: Any = HTTPSConnectionPool if parts.scheme == "https" else HTTPConnectionPool
    # Without a port, the end of an IPv6 address would be taken for one.
    port = parts.port or kind.ConnectionCls.default_port
    pool: HTTPConnectionPool = kind(parts.hostname, port, timeout=TIMEOUT, maxsize=1)
    pool.ConnectionCls = _guarded(pool.ConnectionCls, allowed)
    return pool


def _guarded(base: Any, allowed: Networks) -> Any:
    """A connection that looks the name up once, checks the address, and connects to that one: a
    second look-up could give another."""

    class Guarded(base):  # type: ignore[misc]  # one of two classes
        response_class = TimedResponse
        _dns_host: str

        def _new_conn(self) -> socket.socket:
            name = self._dns_host
            self._dns_host = _checked_address(name, self.port, allowed)
            try:
                return base._new_conn(self)  # type: ignore[no-any-return]
            finally:
                self._dns_host = name  # which TLS checks

    return Guarded


def _checked_address(name: str, port: int, allowed: Networks, *, flags: int = 0) -> str:
    answers = socket.getaddrinfo(name.strip("[]"), port, type=socket.SOCK_STREAM, flags=flags)
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in answers]
    for address in addresses:
        is_allowed = any(address in network for network in allowed)
        if not (is_allowed or _is_public(address)):
            raise WebhookFailed(
                "The address lies in a private network, to which the portal sends nothing. The "
                "operator can allow it with WEBHOOK_NETWORKS."
            )
    return str(addresses[0])


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if any(address in network for network in _INDIRECT):
        return False
    return address.is_global and not address.is_multicast
