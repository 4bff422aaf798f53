from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from environ import Env

from config import envfile

KEYS = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in envfile.variable_names():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def read(path: Path) -> dict[str, str]:
    class Read(Env):
        ENVIRON: dict[str, str] = {}

    Read.read_env(path)
    return Read.ENVIRON


def test_first_time_it_is_the_example_with_keys(env_file: Path) -> None:
    assert envfile.complete(env_file)

    values = read(env_file)
    assert set(values) == set(KEYS)
    assert len(values["SECRET_KEY"]) >= 50
    Fernet(values["FIELD_ENCRYPTION_KEYS"])
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    lines, example = env_file.read_text().splitlines(), envfile.EXAMPLE.read_text().splitlines()
    assert [line for line in lines if line not in example] == [
        f"{name}={values[name]}" for name in KEYS
    ]


def test_second_time_nothing_changes(env_file: Path) -> None:
    envfile.complete(env_file)
    before = env_file.read_bytes()

    assert not envfile.complete(env_file)
    assert env_file.read_bytes() == before


def test_keys_differ_between_installations(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    envfile.complete(first)
    envfile.complete(second)

    assert all(read(first)[name] != read(second)[name] for name in KEYS)


def test_only_the_missing_key_is_added(env_file: Path) -> None:
    env_file.write_text("# mine\nSECRET_KEY=keep-me\nCVAT_URL=https://cvat.example.com")

    assert envfile.complete(env_file)
    assert env_file.read_text().startswith(
        "# mine\nSECRET_KEY=keep-me\nCVAT_URL=https://cvat.example.com\nFIELD_ENCRYPTION_KEYS="
    )
    assert read(env_file)["SECRET_KEY"] == "keep-me"
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_keys_of_the_environment_need_no_file(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KEYS:
        monkeypatch.setenv(name, "of the environment")

    assert not envfile.complete(env_file)
    assert not env_file.exists()


def test_no_keys_are_made_up_in_production(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://redis.example.com")
    env_file.write_text("DATABASE_URL=postgres://db.example.com/portal\n")

    assert not envfile.complete(env_file)
    assert "KEY" not in env_file.read_text()
