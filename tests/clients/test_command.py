"""`cvat-select` in front of a running portal, with a real worker."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from selections import services
from selections.draws import Draw
from selections.models import Archive, Selection
from selector.models import Connection, SavedSearch
from selector.scope import NO_ASSIGNEE
from tests.clients.running import run
from tests.making import make_archive, make_selection


def test_connect_keeps_address_and_token_for_the_owner_alone(
    config: Path, live_server: LiveServer, token: str
) -> None:
    done = run("connect", live_server.url, typed=f"{token}\n")
    assert done.exit_code == 0, done.output
    assert "Connected as alice" in done.stdout
    assert "no connection to CVAT yet" in done.stderr
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert json.loads(config.read_text()) == {"url": live_server.url, "token": token}


def test_a_refused_token_is_told_and_not_kept(config: Path, live_server: LiveServer) -> None:
    done = run("connect", live_server.url, typed="cis_wrong")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "unknown, expired or revoked" in done.stderr
    assert not config.exists()


def test_without_an_account_the_command_says_how_to_connect(config: Path) -> None:
    done = run("tasks")
    assert done.exit_code == 1
    assert "cvat-select connect ADDRESS" in done.stderr


def test_variables_take_the_place_of_the_account(
    config: Path, live_server: LiveServer, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CVAT_SELECT_URL", live_server.url)
    monkeypatch.setenv("CVAT_SELECT_TOKEN", token)
    done = run("selections")
    assert (done.exit_code, done.stdout) == (0, "id\tframes\tmethod\towner\tname\n")


def test_tasks_and_selections_are_listed(connected: Connection, alice: User) -> None:
    make_selection(alice, connected, name="a\tb\nc")
    lines = run("tasks", "--search", "Night drive").stdout.splitlines()
    assert lines[0].split("\t")[0] == "id"
    assert any(
        line.startswith("1\t") and line.endswith("Night drive, north loop") for line in lines
    )
    assert run("selections", "--mine").stdout.splitlines()[1].split("\t")[3:] == ["alice", "a b c"]


@pytest.mark.worker
def test_a_project_is_drawn_saved_built_and_downloaded(
    worker: None, connected: Connection, tmp_path: Path
) -> None:
    [project] = {
        line.split("\t")[3] for line in run("tasks").stdout.splitlines() if line[:3] == "12\t"
    }
    out = tmp_path / "round2.zip"
    done = run(
        *("draw", "--project", project, "--per-job", 2, "--label", "pedestrian", "--seed", 7),
        *("--name", "Round 2", "--format", "coco", "--out", out),
    )
    assert done.exit_code == 0, done.output
    selection = Selection.objects.get()
    assert f'Selection {selection.pk} "Round 2": ' in done.stdout
    assert "seed 7" in done.stdout
    assert set(selection.frames.values_list("task_id", flat=True)) == {12, 13}
    with zipfile.ZipFile(out) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert any(name.endswith(".json") and "instances" in name for name in names)
        frames = json.loads(opened.read("manifest.json"))["frames"]
    assert len(frames) == selection.frames.count()
    again = run("download", "--archive", Archive.objects.get().pk, "--out", tmp_path / "again.zip")
    assert again.exit_code == 0, again.output
    assert (tmp_path / "again.zip").read_bytes() == out.read_bytes()


@pytest.mark.worker
def test_a_zip_without_some_frames_has_its_own_exit_code(
    worker: None, connected: Connection, alice: User, tmp_path: Path
) -> None:
    selection = make_selection(alice, connected, frames=2)
    selection.frames.create(task_id=1, job_id=1, frame=99_999, filename="gone.jpg")
    done = run("download", selection.pk, "--out", tmp_path)
    assert done.exit_code == 3, done.output
    assert "1 frames are not in the ZIP" in done.stderr
    assert len(list(tmp_path.glob("*.zip"))) == 1


def test_rounds_of_a_recipe_are_drawn_without_earlier_frames(
    connected: Connection, alice: User
) -> None:
    draw = Draw(job_id=2, method="random_uniform", count=30)
    recipe = services.create_recipe(user=alice, connection=connected, name="Weekly", draw=draw)
    assert run("rounds", "list").stdout.splitlines()[1].split("\t") == [
        *(str(recipe.pk), "0", "-", "Weekly")
    ]
    first, second = (run("rounds", "next", recipe.pk) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert "30 frames, seed" in first.stdout
    assert "30 frames were asked for; there were too few, in some jobs or in all." in second.stderr
    frames = [set(each.frames.values_list("frame", flat=True)) for each in Selection.objects.all()]
    assert not frames[0] & frames[1]


def test_a_build_that_failed_is_told_with_its_reason(connected: Connection, alice: User) -> None:
    selection = make_selection(alice, connected)
    ended = {"error": "The disk is full.", "finished_at": timezone.now()}
    archive = make_archive(alice, selection, "failed", **ended)
    done = run("download", "--archive", archive.pk)
    assert done.exit_code == 1
    assert "The disk is full." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["draw", "--task", 1], "--per-job"),
        (["draw", "--task", 1, "--count", 2, "--per-job", 2], "--per-job"),
        (["draw", "--task", 1, "--count", 2, "--format", "coco"], "--out"),
        (["draw", "--task", 1, "--count", 2, "--assignee", "a", "--no-assignee"], "--no-assignee"),
        (["download"], "--archive"),
        (["download", 1, "--annotations-from", 2], "--format"),
    ],
)
def test_wrong_usage_says_what_to_give(config: Path, arguments: list[object], told: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_what_the_portal_refuses_is_its_sentence(connected: Connection) -> None:
    done = run("draw", "--task", 1, "--count", 2, "--stage", "nowhere")
    assert done.exit_code == 1
    assert '"nowhere" is not a valid choice' in done.stderr
    assert not Selection.objects.exists()


def test_a_publication_that_is_none_of_the_selection_is_refused(
    connected: Connection, alice: User
) -> None:
    selection = make_selection(alice, connected)
    done = run("download", selection.pk, "--format", "coco", "--annotations-from", 77)
    assert done.exit_code == 1
    assert "You have no publication 77 of this selection." in done.stderr
    assert not Archive.objects.exists()


def test_a_draw_is_narrowed_by_saved_search_pattern_range_and_no_assignee(
    connected: Connection, alice: User
) -> None:
    saved = SavedSearch.objects.create(
        owner=alice, url=connected.url, name="Nights", search="night drive"
    )
    assert run("searches").stdout.splitlines()[1].split("\t") == [
        *(str(saved.pk), connected.url, "Nights")
    ]
    done = run(
        *("draw", "--saved-search", saved.pk, "--no-assignee", "--every", 1),
        *("--filename-pattern", "*[05].jpg", "--first-frame", 0, "--last-frame", 200),
    )
    assert done.exit_code == 0, done.output
    selection = Selection.objects.get()
    scope = Draw.from_json(selection.draw)
    assert (scope.saved_search, scope.assignee) == (saved.pk, NO_ASSIGNEE)
    assert (scope.first_frame, scope.last_frame) == (0, 200)
    frames = selection.frames.all()
    assert frames
    assert all(each.filename.endswith(("0.jpg", "5.jpg")) for each in frames)
    assert max(each.frame for each in frames) <= 200
    with connected.client() as client:
        jobs = [job for task_id in scope.task_ids for job in client.jobs(task_id)]
    assert any(job.assignee for job in jobs)
    assert {each.job_id for each in frames} <= {job.id for job in jobs if not job.assignee}


def test_images_of_other_tasks_are_not_drawn(connected: Connection) -> None:
    draw = ("draw", "--task", 1, "--count", 500, "--seed", 1)
    assert "227 frames" in run(*draw).stdout
    done = run(*draw, "--not-in-task", 2, "--same-name", "base_name")
    assert done.exit_code == 0, done.output
    assert Selection.objects.latest("pk").parameters["exclude_filenames"] == {
        "tasks": [{"task_id": 2, "url": ""}],
        "match": "base_name",
    }
    done = run(*draw, "--not-in-task", "https://cvat.example.com/tasks/7/jobs/8")
    assert "on https://cvat.example.com cannot be left out" in done.stderr
    for wrong in ("--not-in-task=last", "--not-in-task=https://a/7", "--same-name=base_name"):
        assert run(*draw, wrong).exit_code == 2


def test_a_shell_completes_commands_and_options(tmp_path: Path) -> None:
    """By the line that the README of the package names, in a real bash."""
    completed = {
        "cvat-select rou": "rounds",
        "cvat-select rounds n": "next",
        "cvat-select draw --per-a": "--per-assignee",
        "cvat-select up": "upload",
        "cvat-select upload --dr": "--dry-run",
    }
    command = tmp_path / "cvat-select"
    command.write_text(f"#!{sys.executable}\nfrom cvat_select.command import main\nmain()\n")
    command.chmod(0o755)
    package = Path(__file__).parents[2] / "clients" / "python"
    script = next(
        line
        for line in (package / "README.md").read_text().splitlines()
        if "_CVAT_SELECT_COMPLETE=bash_source" in line
    )
    for typed in completed:
        words = typed.split()
        script += (
            f"\nCOMPREPLY=(); COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n"
            f"_cvat_select_completion cvat-select {words[-1]} {words[-2]}\n"
            f'echo "{typed} -> ${{COMPREPLY[@]}}"'
        )
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(package)}
    answer = subprocess.run(
        ["/bin/bash", "-c", script],
        env={**os.environ, **path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert answer.stdout.splitlines() == [f"{typed} -> {word}" for typed, word in completed.items()]
