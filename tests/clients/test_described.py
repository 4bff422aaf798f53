"""What README.md and the page of the package say about command and package works."""

from __future__ import annotations

import re
import shlex
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from cvat_select.command import main
from pytest_django.live_server_helper import LiveServer

from selector.models import Connection
from tests.test_project import text

PAGE = "clients/python/README.md"


@pytest.mark.parametrize("name", ["README.md", PAGE])
def test_commands_have_the_options_that_are_named(name: str) -> None:
    commands = re.findall(r"^cvat-select (.*)$", text(name), re.MULTILINE)
    assert commands
    for command in commands:
        # Options are read before the help is shown.
        done = CliRunner().invoke(main, [*shlex.split(command, comments=True), "--help"])
        assert done.exit_code == 0, done.output


@pytest.mark.worker
def test_the_python_example_runs(
    worker: None,
    live_server: LiveServer,
    token: str,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    example, *_ = re.findall(r"```python\n(.*?)```", text(PAGE), re.DOTALL)
    example = example.replace("http://localhost:5020", live_server.url).replace("cis_...", token)
    exec(example, {})
    with zipfile.ZipFile(tmp_path / "round2.zip") as opened:
        assert opened.testzip() is None
        assert "manifest.json" in opened.namelist()
