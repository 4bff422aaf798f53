"""Downloads of archives that are still being built, sent by the portal's own web server while real
workers build: a client gets the bytes of the finished file, or sees that the transfer broke off."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from urllib3.exceptions import ProtocolError

from portal.tasks import recover_work
from selections import services
from selections.models import Archive, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import eventually, finished
from tests.nginx import NGINX, nginx
from tests.selections.builds import Folders, in_thread, only_path, request, select
from tests.selections.workers import own_worker
from tests.web_server import WebServer, web_server

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("transactional_db", "hasty")]

PIECE = 2**16


@pytest.fixture(scope="module")
def folder_of_builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests, so that one web server is enough."""
    return tmp_path_factory.mktemp("builds")


@pytest.fixture(scope="module")
def environment(
    broker: None, worker_environment: dict[str, str], folder_of_builds: Path
) -> dict[str, str]:
    return worker_environment | {
        "SPOOL_DIR": str(folder_of_builds / "spool"),
        "ARCHIVES_DIR": str(folder_of_builds / "archives"),
    }


@pytest.fixture(scope="module")
def running(environment: dict[str, str]) -> Iterator[WebServer]:
    with web_server(environment, LOG_LEVEL="INFO") as server:
        yield server


@pytest.fixture
def web(running: WebServer, folders: Folders, standin: StandIn) -> WebServer:
    return running


@pytest.fixture
def selection(connection: Connection) -> Selection:
    return select(connection, (1, None))


class Download:
    """A download of an archive that is being built, with the first bytes of it."""

    def __init__(self, web: WebServer, archive: Archive, *, at: str = "", **headers: str) -> None:
        session = web.session(archive.requested_by)
        session.headers.update({name.replace("_", "-"): text for name, text in headers.items()})
        address = f"{at or web.url}/api/archives/{archive.pk}/download?follow"
        self.response = session.get(address, stream=True, timeout=60)
        assert self.response.status_code in (200, 206), self.response.text
        self.content = self.response.raw.read1(PIECE)
        assert self.content

    def finish(self) -> bytes:
        """All bytes. Raises ProtocolError for a transfer that breaks off."""
        self.content += self.response.raw.read(decode_content=False)
        return self.content


def test_the_build_is_cancelled(
    web: WebServer, selection: Selection, standin: StandIn, messages: list[int]
) -> None:
    archive = request(selection)
    hold = standin.faults.hold("type=chunk&index=2&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    download = Download(web, archive)
    services.cancel_archive(archive=archive)
    hold.release()
    with pytest.raises(ProtocolError):
        download.finish()
    thread.join(60)
    # The threads are free again, and the place too.
    assert web.health_seconds() >= 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize("way", ["direct", "nginx"])
@pytest.mark.parametrize("end", ["ready", "cancelled"])
def test_curl_sees_how_it_ends(
    way: str,
    end: str,
    web: WebServer,
    selection: Selection,
    standin: StandIn,
    messages: list[int],
    folders: Folders,
    tmp_path: Path,
) -> None:
    archive = request(selection)
    hold = standin.faults.hold("type=chunk&index=2&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    target = tmp_path / "images.zip"
    with ExitStack() as stack:
        url = web.url
        if way == "nginx":
            if NGINX is None:
                pytest.skip("nginx is not installed")
            proxy = nginx(tmp_path / "nginx", portal=web.url, archives=folders.archives)
            url = stack.enter_context(proxy)
        curl = subprocess.Popen(curl_command(web, archive, url, target))
        eventually(lambda: target.exists() and target.stat().st_size)
        if end == "cancelled":
            services.cancel_archive(archive=archive)
        hold.release()
        curl.wait(60)
    thread.join(60)
    if end == "cancelled":
        assert curl.returncode == 18  # a partial file
    else:
        assert curl.returncode == 0
        assert target.read_bytes() == only_path(finished(archive)).read_bytes()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_curl_goes_on_while_it_is_built(
    web: WebServer,
    selection: Selection,
    standin: StandIn,
    messages: list[int],
    tmp_path: Path,
) -> None:
    archive = request(selection)
    hold = standin.faults.hold("type=chunk&index=2&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    target = tmp_path / "images.zip"
    beginning = Download(web, archive).content
    target.write_bytes(beginning)
    curl = subprocess.Popen([*curl_command(web, archive, web.url, target), "-C", "-"])
    eventually(lambda: target.stat().st_size > len(beginning) or curl.poll() is not None)
    assert curl.poll() is None  # it has gone on, and waits for the rest
    hold.release()
    assert curl.wait(60) == 0
    thread.join(60)
    assert target.read_bytes() == only_path(finished(archive)).read_bytes()


def curl_command(web: WebServer, archive: Archive, url: str, target: Path) -> list[str]:
    token = web.session(archive.requested_by).headers["Authorization"]
    address = f"{url}/api/archives/{archive.pk}/download?follow"
    options = ["-sS", "--fail", "--no-buffer", "-H", f"Authorization: {token}"]
    return ["curl", *options, "-o", str(target), address]


def test_a_client_of_http_1_0_is_refused(
    web: WebServer, selection: Selection, messages: list[int]
) -> None:
    archive = request(selection)
    command = curl_command(web, archive, web.url, Path("-"))
    command.remove("--fail")
    answer = subprocess.run([*command, "--http1.0"], capture_output=True, check=True, timeout=60)
    assert b"HTTP/1.1 only" in answer.stdout


def test_the_worker_is_killed_and_another_takes_over(
    web: WebServer,
    environment: dict[str, str],
    selection: Selection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    hold = standin.faults.hold("type=chunk&index=2&")
    with own_worker(environment, monkeypatch, log=tmp_path / "first.log"):
        archive = request(selection)
        assert hold.wait_for_request()
        downloads = [Download(web, archive) for _ in range(2)]
        first = Archive.objects.get().claimed_by
    hold.release()
    contents: list[bytes] = []
    threads = [
        threading.Thread(target=lambda each: contents.append(each.finish()), args=(download,))
        for download in downloads
    ]
    for thread in threads:
        thread.start()
    with own_worker(environment, monkeypatch, log=tmp_path / "second.log"):
        recovered(archive)
        for thread in threads:
            thread.join(60)
    archive = again(archive)
    assert (archive.status, archive.claimed_by == first) == ("ready", False)
    assert contents == [only_path(archive).read_bytes()] * 2


def test_the_worker_is_killed_and_cvat_has_lost_a_frame(
    web: WebServer,
    environment: dict[str, str],
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    folders: Folders,
) -> None:
    """The next attempt writes other bytes: the transfer breaks off."""
    hold = standin.faults.hold("type=chunk&index=2&")
    with own_worker(environment, monkeypatch, log=tmp_path / "first.log"):
        archive = request(select(connection, (1, None)))
        assert hold.wait_for_request()
        download = Download(web, archive)
    # What was fetched is not there any more, and the first frame cannot be fetched again.
    shutil.rmtree(folders.spool / str(archive.pk))
    standin.faults.fail("type=chunk&index=0&", status=500)
    standin.faults.fail("type=frame&number=0&", status=404, body={"detail": "Not found."})
    hold.release()
    with own_worker(environment, monkeypatch, log=tmp_path / "second.log"):
        recovered(archive)
    assert again(archive).status == "incomplete"
    with pytest.raises(ProtocolError):
        download.finish()
    etag = download.response.headers["ETag"]
    restart = Download(web, archive, Range="bytes=10-", If_Range=etag)
    assert restart.response.status_code == 200
    assert hashlib.sha256(restart.finish()).hexdigest() == archive.parts.get().sha256


def recovered(archive: Archive) -> None:
    """Wait until another worker has ended the build of the killed one."""
    # Not more often: each recovery takes 30 ms of processor time.
    eventually(lambda: recover_work() or not again(archive).is_active, every=0.5)


def again(archive: Archive) -> Archive:
    return Archive.objects.get(pk=archive.pk)
