"""Webhooks: real requests to a real server, and the addresses that get none."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest

from selections.webhooks import SIGNATURE, WebhookFailed, check_url, post
from tests.dripping import dripping

LOOPBACK = [ip_network("127.0.0.0/8")]
BODY = b'{"event": "round.drawn"}'


@dataclass
class Hook:
    """A server that keeps what is posted to it, and answers each time with the next status."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posted.append((self.path, dict(self.headers), body))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 204)
                self.send_header("Location", f"{hook.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    with ThreadingHTTPServer(("127.0.0.1", 0), hook.handler()) as server:
        hook.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield hook
        server.shutdown()
        thread.join()


def send(url: str, **values: object) -> int:
    return post(url, BODY, **{"secret": "s", "headers": {}, "allowed": LOOPBACK, **values})


def test_the_body_is_signed(hook: Hook) -> None:
    assert send(f"{hook.url}/in?a=1", secret="quiet", headers={"X-Selector-Event": "e"}) == 204
    [(path, headers, body)] = hook.posted
    assert (path, body, headers["X-Selector-Event"]) == ("/in?a=1", BODY, "e")
    assert headers["Content-Type"] == "application/json"
    expected = hmac.new(b"quiet", body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"sha256={expected}"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_what_is_no_success_is_told_and_no_redirect_followed(hook: Hook, status: int) -> None:
    hook.statuses = [status]
    with pytest.raises(WebhookFailed, match=f"answered {status}"):
        send(hook.url)
    assert len(hook.posted) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"),
        *("2130706433", "0x7f.1", "127.1"),
    ],
)
def test_private_addresses_get_nothing(hook: Hook, name: str) -> None:
    port = hook.url.rpartition(":")[2]
    with pytest.raises(WebhookFailed, match="private network"):
        send(f"http://{name}:{port}/", allowed=[])
    assert hook.posted == []


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"),
        *("[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]"),
        # Through a gateway to IPv4, and of an older kind of private networks.
        *("[64:ff9b::10.0.0.1]", "[2002:a00:1::1]", "[2001:0:a00:1::1]", "[fec0::1]"),
        *("[::10.0.0.1]", "[::ffff:0:10.0.0.1]"),
    ],
)
def test_other_networks_that_are_not_public(address: str) -> None:
    with pytest.raises(WebhookFailed, match="private network"):
        send(f"http://{address}/")


def test_a_name_that_has_one_private_address_gets_nothing(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up once, and the address that was checked is the one connected to."""
    port = int(hook.url.rpartition(":")[2])
    answers = [[(2, 1, 6, "", ("127.0.0.1", port))]]
    monkeypatch.setattr("selections.webhooks.socket.getaddrinfo", lambda *a, **k: answers[0])
    assert send(f"http://hooks.example.com:{port}/") == 204
    assert hook.posted[0][1]["Host"] == f"hooks.example.com:{port}"
    answers[0] = [(2, 1, 6, "", ("93.184.215.14", port)), (2, 1, 6, "", ("10.0.0.1", port))]
    with pytest.raises(WebhookFailed, match="private network"):
        send(f"http://hooks.example.com:{port}/")


def test_proxies_of_the_environment_are_not_used(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert send(hook.url) == 204


def test_a_server_that_is_not_there(hook: Hook) -> None:
    with pytest.raises(WebhookFailed, match="cannot be reached"):
        send("http://127.0.0.1:9/")


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 No Content\r\nX-Slow: ", b"HTTP/1.1 2"])
def test_an_answer_that_comes_byte_by_byte_ends(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it holds a worker, which builds archives too."""
    monkeypatch.setattr("selections.webhooks.ANSWER_SECONDS", 0.3)
    with dripping(head) as url, pytest.raises(WebhookFailed, match="does not answer"):
        send(url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://a.example.com", "https://"),
        ("file:///etc/passwd", "https://"),
        ("hooks.example.com", "https://"),
        ("https://me:secret@a.example.com", "user name"),
        ("https://a.example.com:99999", "valid address"),
        ("https://a.example.com/a b", "ASCII"),
        ("https://a.example.com/" + "x" * 1000, "1000"),
    ],
)
def test_addresses_that_cannot_be_used(url: str, told: str) -> None:
    with pytest.raises(WebhookFailed, match=told):
        check_url(url)
