"""A real nginx in front of a portal, set up as docs/operations.md says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from launcher.ports import free_ports
from tests.conftest import BASE_DIR, eventually, stop

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
PREFIX = "/archives-of-the-portal/"
CONFIGURATION = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {locations}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, *, portal: str, archives: Path) -> Iterator[str]:
    """The address of an nginx with the locations that docs/operations.md gives."""
    folder.mkdir()
    (port,) = free_ports(1)
    text = CONFIGURATION.format(
        user="user root;" if os.geteuid() == 0 else "",
        folder=folder,
        port=port,
        locations=_documented(portal, archives),
    )
    (folder / "nginx.conf").write_text(text)
    process = subprocess.Popen(
        [str(NGINX), "-p", str(folder), "-e", "error.log", "-c", str(folder / "nginx.conf")],
        stderr=subprocess.PIPE,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: process.poll() is not None or _answers(address))
        assert process.poll() is None, process.stderr.read().decode()
        yield address
    finally:
        stop(process)


def _documented(portal: str, archives: Path) -> str:
    blocks = re.findall(
        r"```nginx\n(.*?)```", (BASE_DIR / "docs/operations.md").read_text(), re.DOTALL
    )
    locations = "\n".join(blocks)
    locations = re.sub(r"proxy_pass \S+;", f"proxy_pass {portal};", locations)
    # Here its port is not the one that the scheme implies.
    locations = locations.replace("Host $host;", "Host $http_host;")
    return re.sub(r"alias \S+;", f"alias {archives}/;", locations)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=10).status_code < 600
    except requests.ConnectionError:
        return False
