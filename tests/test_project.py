"""What is written down about the project agrees with the project."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.utils.module_loading import import_string

from config import envfile
from tests.run_groups import ONCE, SLOW

BASE_DIR = Path(__file__).resolve().parent.parent
# Read by others than the settings: by docker compose, and by celery itself.
OF_COMPOSE = {"POSTGRES_PASSWORD"}
OF_OTHERS = {"REMAP_SIGTERM", "MALLOC_ARENA_MAX"}  # Celery, the C library


def text(name: str) -> str:
    return (BASE_DIR / name).read_text(encoding="utf-8")


def tracked() -> list[Path]:
    """The files of the repository that are text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [BASE_DIR / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


# --- variables ---------------------------------------------------------------------------------


def variables_read() -> dict[str, ast.expr | None]:
    """The variables that settings.py reads, each with its default as it is written."""
    read: dict[str, ast.expr | None] = {}
    for node in ast.walk(ast.parse(text("config/settings.py"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called, first = ast.unparse(node.func), node.args[0]
        if (called.startswith("env.") or called == "required") and isinstance(first, ast.Constant):
            read[first.value] = next(
                (each.value for each in node.keywords if each.arg == "default"), None
            )
    return read


def test_every_variable_is_in_the_example_and_the_other_way_round() -> None:
    assert set(envfile.variable_names()) == set(variables_read()) | OF_COMPOSE


def test_no_variable_is_in_the_example_twice() -> None:
    names = envfile.variable_names()
    assert sorted(set(names)) == sorted(names)


def test_defaults_in_the_example_are_the_true_ones() -> None:
    shown = dict(re.findall(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", text(".env.example"), re.MULTILINE))
    for name, default in variables_read().items():
        if isinstance(default, ast.Constant) and default.value != "":
            expected = str(default.value)
            if isinstance(default.value, bool):
                expected = expected.lower()
            assert shown[name] == expected, name


def test_only_the_keys_are_in_force_in_the_example() -> None:
    in_force = re.findall(r"^[^#\n].*$", text(".env.example"), re.MULTILINE)
    assert in_force == ["SECRET_KEY=", "FIELD_ENCRYPTION_KEYS="]


# --- containers --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(text("docker-compose.yml"))


def words(command: str | list[str]) -> list[str]:
    return command.split() if isinstance(command, str) else command


def test_services_have_health_checks(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"web", "worker", "beat", "migrate", "postgres", "redis"}
    for name in set(services) - {"migrate"}:
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped", name


def test_variables_of_the_services_are_known(compose: dict[str, Any]) -> None:
    known = set(envfile.variable_names())
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text("docker-compose.yml")))
    given = {
        name
        for service in ("web", "worker", "beat")
        for name in compose["services"][service]["environment"]
    }
    assert used <= known
    assert given <= known | OF_OTHERS


def test_commands_of_the_services_exist(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat", "migrate"):
        command = words(compose["services"][name]["command"])
        if command[0] == "celery":
            assert command[1:4] == ["-A", "config", name]
            assert importlib.import_module("config").celery_app
        elif command[0] == "gunicorn":
            assert import_string(f"{command[1]}.application")
        else:
            assert command[:2] == ["python", "manage.py"]
            assert command[2] in get_commands()


def test_modules_of_the_health_checks_exist(compose: dict[str, Any]) -> None:
    assert compose["services"]["web"]["healthcheck"]["test"][1:3] == ["python", "-m"]
    for module in re.findall(
        r'"-m", "([a-z_.]+)"', text("docker-compose.yml") + text("Dockerfile")
    ):
        assert importlib.import_module(module)


def test_volumes_of_the_services_exist(compose: dict[str, Any]) -> None:
    used = {
        volume.partition(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    }
    assert used == set(compose["volumes"])
    for name in ("web", "worker"):
        assert "data:/data" in compose["services"][name]["volumes"]
        assert compose["services"][name]["environment"]["ARCHIVES_DIR"].startswith("/data/")


def test_files_of_the_image_exist_and_reach_it() -> None:
    ignored = text(".dockerignore").splitlines()
    copied = re.findall(r"^COPY (\S+) \./\S*$", text("Dockerfile"), re.MULTILINE)
    assert {"config", "selector", "selections", "manage.py", "requirements.txt"} <= set(copied)
    for name in copied:
        assert (BASE_DIR / name).exists(), name
        assert f"!{name}" in ignored, name


@pytest.mark.slow
def test_image_has_all_it_needs(tmp_path: Path) -> None:
    """What the build does last, with nothing but what is copied into the image."""
    dockerfile = text("Dockerfile")
    for name in re.findall(r"^COPY (\S+) \./\S*$", dockerfile, re.MULTILINE):
        source = BASE_DIR / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    (step,) = re.findall(r"SECRET_KEY=none .* (manage\.py .*?) \\", dockerfile)
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "none",
        "FIELD_ENCRYPTION_KEYS": "none",
    }
    subprocess.run(
        [sys.executable, *step.split()], cwd=tmp_path, env=environment, check=True, timeout=120
    )
    assert (tmp_path / "var" / "staticfiles" / "staticfiles.json").exists()


# --- requirements, Makefile, README ------------------------------------------------------------


def test_each_requirement_is_pinned_and_explained() -> None:
    lines = [line for line in text("requirements.txt").splitlines() if line and line[0] != "#"]
    for line in lines:
        requirement, _, comment = line.partition(" # ")
        assert "==" in requirement, line
        assert comment.strip(), line


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))


def test_makefile_has_what_people_are_told_to_use() -> None:
    assert {"run", "demo", "test", "check", "format", "clean", "help"} <= makefile_targets()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)
    assert set(phony.split()) == makefile_targets()


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "docs/operations.md", "docs/performance.md", ".ci/run"]
)
def test_targets_that_are_named_exist(name: str) -> None:
    if not (BASE_DIR / name).exists():
        pytest.skip(f"there is no {name} yet")
    named = set(re.findall(r"(?:`|^\s*|\$ )make ([a-z-]+)", text(name), re.MULTILINE))
    assert named
    assert named <= makefile_targets()


def test_scripts_can_be_run() -> None:
    for name in (".ci/run", "manage.py"):
        assert (BASE_DIR / name).stat().st_mode & 0o100, name


# --- nothing of the machine it was written on --------------------------------------------------

# Spelled in parts, or this file would be found.
OF_A_MACHINE = re.compile(
    "|".join(
        (
            r"(?<![\w.])/" + r"(?:root|work)/",
            r"(?<![\w.<{])/home/(?!user\b|you\b|portal\b|django\b)\w+/",
            r"file:" + r"///opt/",
            r"/opt/" + r"(?:wheels|pypi)",
        )
    )
)


def test_no_path_of_a_machine_is_in_the_repository() -> None:
    found = {
        f"{path.relative_to(BASE_DIR)}: {match[0]}"
        for path in tracked()
        for match in OF_A_MACHINE.finditer(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert found == set()


def test_packages_come_from_wherever_pip_is_told() -> None:
    for path in tracked():
        if path.name.startswith("requirements") or path.suffix in {".toml", ".cfg", ".sh"}:
            content = path.read_text(encoding="utf-8")
            assert not re.search(r"--?(?:extra-)?index-url|--find-links|trusted-host", content), (
                path
            )


# --- tests -------------------------------------------------------------------------------------


def test_each_name_in_the_lists_of_tests_is_of_a_test() -> None:
    names = [str(path.relative_to(BASE_DIR)) for path in (BASE_DIR / "tests").rglob("test_*.py")]
    for prefix in SLOW + ONCE:
        file, _, test = prefix.partition("::")
        assert any(name.startswith(file) for name in names), prefix
        if test:
            assert f"def {test.rpartition('::')[2]}(" in (BASE_DIR / file).read_text(), prefix
