"""Where no CVAT answers: nothing listens, redirects, certificates that are not trusted."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cvat.exceptions import CvatUnreachable
from launcher.ports import free_ports
from tests.clocks import Clock
from tests.cvat.http_clients import SECRET, client
from tests.cvat.replaying import Answer, Replay


class TestUnreachable:
    def test_nothing_listens(self) -> None:
        [port] = free_ports(1)
        with pytest.raises(CvatUnreachable, match="connection refused"):
            client(f"http://127.0.0.1:{port}").whoami()

    def test_no_such_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def resolve(host: str, *args: object, **kwargs: object) -> None:
            assert host == "cvat.invalid"
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        with pytest.raises(CvatUnreachable, match=r"No host is called cvat\.invalid"):
            client("http://cvat.invalid").whoami()

    @pytest.mark.parametrize(
        "url", ["http://" + "a" * 70 + ".example", "ftp://host", "http://[::1", "nonsense", ""]
    )
    def test_unusable_addresses(self, url: str) -> None:
        with pytest.raises(CvatUnreachable):
            client(url).whoami()

    def test_proxy_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        [port] = free_ports(1)
        monkeypatch.setenv("http_proxy", f"http://user:{SECRET}@127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(CvatUnreachable, match="proxy") as caught:
            client("http://cvat.example.com").whoami()
        assert SECRET not in str(caught.value)


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_to_https_is_named_not_followed(self, cvat: Replay, status: int) -> None:
        location = "https://cvat.example.com/api/users/self?next=1"
        cvat.route("/api/users/self", Answer(status, headers={"location": location}))
        with pytest.raises(CvatUnreachable) as caught:
            client(cvat.url).whoami()
        assert "https://cvat.example.com: use that address instead" in str(caught.value)
        assert len(cvat.asked) == 1

    def test_to_a_sub_path(self, cvat: Replay) -> None:
        answer = Answer(302, headers={"location": "/cvat/api/users/self"})
        cvat.route("/api/users/self", answer)
        with pytest.raises(CvatUnreachable, match=f"{cvat.url}/cvat: use that"):
            client(cvat.url).whoami()

    @pytest.mark.parametrize(
        "location",
        ["/login?next=%2Fapi", "https://sso.example.com/oauth2/authorize?state=x", "", "::", "//["],
    )
    def test_to_a_sign_in_page(self, cvat: Replay, location: str) -> None:
        cvat.route("/api/users/self", Answer(302, headers={"location": location}))
        with pytest.raises(CvatUnreachable) as caught:
            client(cvat.url).whoami()
        assert "check the address" in str(caught.value)
        assert "state=" not in str(caught.value)


@contextmanager
def https_server(folder: Path, host: str) -> Iterator[tuple[str, Path]]:
    """A server with a certificate of its own making, for `host`; its address and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "127.0.0.1":
        names = [x509.IPAddress(ipaddress.ip_address(host))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with Replay() as cvat:
        cvat.replay("users-self")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, key_pem)
        server: ThreadingHTTPServer = cvat._server
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield f"https://{cvat.place}", pem


class TestCertificates:
    def test_self_signed(self, tmp_path: Path) -> None:
        with https_server(tmp_path, "127.0.0.1") as (url, _):
            clock = Clock()
            with pytest.raises(CvatUnreachable, match=r"certificate of .* is not trusted") as e:
                client(url, sleep=clock.sleep).whoami()
            assert "self-signed" in str(e.value).replace("self signed", "self-signed")
            assert clock.slept == []  # trying again would not help

    def test_trusted_by_name_of_a_bundle(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with https_server(tmp_path, "127.0.0.1") as (url, pem):
            assert client(url, verify=str(pem)).whoami().username == "alice"
            assert client(url, verify=False).whoami().username == "alice"
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
            assert client(url, verify=str(pem)).whoami().username == "alice"

    def test_made_for_another_host(self, tmp_path: Path) -> None:
        text = r"is not trusted \(.*mismatch"
        with (
            https_server(tmp_path, "other.example") as (url, pem),
            pytest.raises(CvatUnreachable, match=text),
        ):
            client(url, verify=str(pem)).whoami()

    def test_https_to_a_plain_port(self, cvat: Replay) -> None:
        with pytest.raises(CvatUnreachable, match="try http://"):
            client(cvat.url.replace("http:", "https:")).whoami()
