"""A portal, as a person with an API token sees it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from cvat_select import downloads, uploads
from cvat_select.answers import (
    Archive,
    Change,
    Connection,
    Contents,
    Me,
    Publication,
    Recipe,
    SavedSearch,
    Selection,
    Task,
    Upload,
)
from cvat_select.errors import BuildFailed, PublishingFailed, Refused
from cvat_select.http import Http

PAGE_SIZE = 200
POLL_SECONDS = 1.0


def _say_nothing(*args: object) -> None:
    """Report of progress that nobody reads."""


class Portal:
    """A CVAT Image Selector at an address, with an API token of a person.

    Keyword arguments that are not named here go to the API as they are, so `draw` and `save` take
    every field of /api/random-select and /api/selections. Lost connections are tried again;
    `on_wait` is told why. All methods raise Refused when the portal says no, Unreachable when it
    does not answer.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        on_wait: Callable[[str], None] = _say_nothing,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._http = Http(url, token, on_wait=on_wait, sleep=sleep)
        self._sleep = sleep

    def me(self) -> Me:
        """Whom the token belongs to."""
        return cast(Me, self._http.get("/api/me"))

    def tasks(self, *, search: str = "", project_id: int | None = None) -> Iterator[Task]:
        """The tasks that CVAT shows to the person, newest first."""
        return self._listed("/api/tasks", search=search, project_id=project_id)

    def saved_searches(self) -> Iterator[SavedSearch]:
        """The saved searches of the person, newest first."""
        return self._listed("/api/saved-searches")

    def selections(self, **filters: Any) -> Iterator[Selection]:
        """The selections that the person may see, newest first."""
        return self._listed("/api/selections", **filters)

    def selection(self, selection_id: int) -> Selection:
        """One selection."""
        return cast(Selection, self._http.get(f"/api/selections/{selection_id}"))

    def draw(self, **fields: Any) -> dict[str, Any]:
        """Draw frames without saving them: see /api/random-select."""
        return cast("dict[str, Any]", self._http.post("/api/random-select", fields))

    def save(self, *, name: str = "", **fields: Any) -> Selection:
        """Save a draw, or `frames` chosen by hand, as a selection: see /api/selections."""
        return cast(Selection, self._create("/api/selections", {"name": name, **fields}))

    def recipes(self) -> Iterator[Recipe]:
        """The recipes of the person, newest first."""
        return self._listed("/api/recipes")

    def next_round(self, recipe_id: int) -> Selection:
        """Draw the next round of a recipe, without the frames of its earlier rounds."""
        return cast(Selection, self._create(f"/api/recipes/{recipe_id}/rounds", {}))

    def build(self, selection_id: int, **options: Any) -> Archive:
        """Have a ZIP of a selection built; `wait` waits for it."""
        return cast(Archive, self._create(f"/api/selections/{selection_id}/archives", options))

    def archive(self, archive_id: int) -> Archive:
        """One build."""
        return cast(Archive, self._http.get(f"/api/archives/{archive_id}"))

    def wait(
        self, archive: Archive, *, on_progress: Callable[[Archive], None] = _say_nothing
    ) -> Archive:
        """The archive once it is built, which may be without some frames: `problem_groups` says
        which and why. Raises BuildFailed."""
        on_progress(archive)
        while archive["finished_at"] is None:
            self._sleep(POLL_SECONDS)
            archive = self.archive(archive["id"])
            on_progress(archive)
        if not archive["parts"]:
            reason = archive["error"] or f"It is {archive['status']}."
            raise BuildFailed(f"Archive {archive['id']} has no file. {reason}")
        return archive

    def download(
        self,
        archive: Archive,
        out: str | Path,
        *,
        on_progress: Callable[[str, int, int], None] = _say_nothing,
    ) -> list[Path]:
        """Put the ZIP of a finished archive at `out`, a file or a folder; several ZIPs get
        `_part1` and so on. A download that broke off goes on; size and SHA-256 are checked.
        `on_progress` is told the name, the bytes that are here and all bytes of each ZIP.
        Raises DownloadFailed."""
        paths = []
        for part, target in downloads.targets(archive, Path(out)):

            def report(received: int, size: int, name: str = target.name) -> None:
                on_progress(name, received, size)

            downloads.fetch(self._http, archive["id"], part, target, report)
            paths.append(target)
        return paths

    def connections(self) -> Iterator[Connection]:
        """The connections of the person to CVAT servers."""
        return self._listed("/api/connections")

    def may_write(self, connection_id: int) -> bool:
        """Whether the portal may write in CVAT through the connection."""
        try:
            given = self._http.get(f"/api/connections/{connection_id}/write-permission")
        except Refused as error:
            if error.status == 404:
                return False
            raise
        return bool(given["is_usable"])

    def upload(
        self, source: str | Path, *, on_progress: Callable[[int, int], None] = _say_nothing
    ) -> Upload:
        """Bring a folder, a ZIP, a picture or a video to the portal; an upload of the same files
        that broke off goes on. `on_progress` is told the bytes that are there and all bytes. Raises
        UploadFailed, OSError."""
        files = uploads.list_files(Path(source))
        body = {"name": uploads.name_of(Path(source)), "files": uploads.described(files)}
        upload = cast(Upload, self._create("/api/uploads", body))
        return uploads.send(self._http, upload, files, on_progress)

    def contents(self, upload_id: int) -> Contents:
        """Which files of an upload are pictures for CVAT, and why the others are not."""
        return cast(Contents, self._http.get(f"/api/uploads/{upload_id}/contents"))

    def plan_task_of_files(self, upload_id: int, **fields: Any) -> list[Change]:
        """The requests to CVAT that would make a task of an upload; none is sent. See
        /api/uploads/{id}/new-task."""
        body = {**fields, "dry_run": True}
        answer = self._http.post(f"/api/uploads/{upload_id}/new-task", body)
        return cast("list[Change]", answer["requests"])

    def make_task_of_files(self, upload_id: int, **fields: Any) -> Publication:
        """Have a task made in CVAT of an upload; `wait_for_task` waits for it. See
        /api/uploads/{id}/new-task."""
        return cast(Publication, self._create(f"/api/uploads/{upload_id}/new-task", fields))

    def publication(self, publication_id: int) -> Publication:
        """One publication."""
        return cast(Publication, self._http.get(f"/api/publications/{publication_id}"))

    def wait_for_task(self, publication: Publication) -> Publication:
        """The publication once its task is in CVAT. Raises PublishingFailed."""
        while publication["finished_at"] is None:
            self._sleep(POLL_SECONDS)
            publication = self.publication(publication["id"])
        if publication["status"] != "ready":
            reason = publication["error"] or f"It is {publication['status']}."
            raise PublishingFailed(f"Publication {publication['id']} made no task. {reason}")
        return publication

    def _create(self, path: str, body: dict[str, Any]) -> Any:
        return self._http.post(path, body, key=str(uuid.uuid4()))

    def _listed(self, path: str, **query: Any) -> Iterator[Any]:
        """The rows of all pages."""
        page = 1
        while True:
            answer = self._http.get(path, page=page, page_size=PAGE_SIZE, **query)
            yield from answer["results"]
            if answer["next"] is None:
                return
            page += 1
