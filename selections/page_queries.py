"""Queries of the pages: their number does not depend on how many rows a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.contrib.auth.models import User
from django.db import connection as database
from django.db.models import (
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Window,
    prefetch_related_objects,
)
from django.db.models.functions import JSONObject

from cvat.types import Place
from portal.compiled_queries import compiled_for, rows_for
from portal.models import Team
from portal.services import people
from selections.archives import remarks_in_words, results
from selections.archives.remarks import LONGEST_WINDOWS_PATH
from selections.draws import Draw
from selections.models import (
    Archive,
    ArchiveStatus,
    FrameMark,
    Recipe,
    RecipeShare,
    SelectedFrame,
    Selection,
    Share,
)
from selections.models.selected import frames_of_outer
from selections.services.connections import closest
from selector.models import Connection

MOST_OWNERS = 500
FRAMES_PER_PAGE = 120  # full rows of the grid at 2, 3, 4, 5, 6, 8 and 10 columns
ARCHIVES_SHOWN = 5
MOST_COMPARABLE = 200  # in a list to choose from


@dataclass(frozen=True, slots=True)
class Row:
    """A selection in a list. `connection` is the viewer's own to the pictures, if there is one."""

    selection: Selection
    is_shared: bool  # somebody beside the owner may read it
    previews: list[dict[str, int]]  # {"task", "frame"}: the first two and the last two
    connection: Connection | None


def rows(selections: Iterable[Selection], connections: Sequence[Connection]) -> list[Row]:
    """Rows for the selections of one page, by one query. (In the query that orders all selections,
    databases would look up the frames of each.) `connections` are those that the viewer can use."""
    selections = list(selections)
    if not selections:  # a query that finds nothing takes Django as long to build
        return []
    selected = Selection.objects.filter(pk__in=[each.pk for each in selections]).with_is_shared()
    looked_up = selected.order_by().values_list("pk", "shared_with_somebody", *_ends())
    by_pk = {pk: (is_shared, ends) for pk, is_shared, *ends in looked_up}
    result = []
    for selection in selections:
        if selection.pk in by_pk:  # else deleted meanwhile
            is_shared, ends = by_pk[selection.pk]
            connection = closest(selection, connections)
            result.append(Row(selection, is_shared, _previews(ends), connection))
    return result


def owners(user: User) -> list[str]:
    """Names of other people whose selections the user may see."""
    with database.cursor() as cursor:
        cursor.execute(*compiled_for(user, _owners))
        return [name for (name,) in cursor.fetchall()]


def _owners(user: User) -> QuerySet[Any, Any]:
    sharing = Selection.objects.for_user(user).filter(owner=OuterRef("pk"))
    others = User.objects.filter(Exists(sharing)).exclude(pk=user.pk).order_by("username")
    return others.values_list("username", flat=True)[:MOST_OWNERS]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the page of a selection or recipe says about who may see it: to its owner everything, to
    others what gives access to themselves."""

    shares: Sequence[Share | RecipeShare]
    teams: list[Team]  # to share with
    colleagues: list[str]  # user names to suggest


def sharing(user: User, shared: Selection | Recipe) -> Sharing:
    shares = shared.shares.select_related("person", "team")
    if shared.owner_id != user.pk:
        return Sharing(list(shares.reaching(user)), [], [])
    teams = rows_for(user, Team.objects.for_user)
    return Sharing(list(shares), teams, people.colleagues(user) if teams else [])


def origin(user: User, selection: Selection) -> Selection | None:
    """The selection that this one was made from, if the user may see it."""
    if selection.origin_id is None:
        return None
    visible = Selection.objects.for_user(user).with_owner_names()
    return visible.filter(pk=selection.origin_id).first()


def recipe(user: User, selection: Selection) -> Recipe | None:
    """The recipe of the user's that the selection is a round of."""
    if selection.recipe_id is None:
        return None
    return Recipe.objects.for_user(user).filter(pk=selection.recipe_id).first()


@dataclass(frozen=True, slots=True)
class Source:
    """A selection that another one was combined from. `name` and `selection` are for those who may
    know: "" and None for others, and None once it is deleted."""

    name: str
    frames_count: int
    selection: Selection | None
    draw: Draw | None


def sources(user: User, selection: Selection) -> list[Source]:
    """What a combined selection was made from; empty for any other."""
    if not selection.operation:
        return []
    rows = selection.source_list
    visible = Selection.objects.for_user(user).in_bulk([row.source_id for row in rows])
    is_mine = selection.owner_id == user.pk
    return [
        Source(
            name=row.name if is_mine or row.source_id in visible else "",
            frames_count=row.frames_count,
            selection=visible.get(row.source_id),
            draw=Draw.from_json(draw) if draw else None,
        )
        for row in rows
        for draw in [row.shown_draw(names_hidden=selection.names_hidden)]
    ]


def comparable(user: User, selections: Sequence[Selection]) -> list[Selection]:
    """The newest other selections that can be compared with these."""
    if not selections:
        return []
    visible = Selection.objects.for_user(user).listed().filter(url=selections[0].url)
    others = visible.exclude(pk__in=[each.pk for each in selections])
    return list(others.with_owner_names().order_by("-created_at", "-pk")[:MOST_COMPARABLE])


def replacement(user: User, pk: int) -> Selection | None:
    """The selection that replaced the deleted selection `pk`, directly or by steps: pages redirect
    to it."""
    replaced = Selection.objects.filter(origin_kind=Selection.Origin.REPLACED)
    asked: set[int] = set()
    while pk not in asked and pk < 2**63:  # no id is larger, and no database asked for one
        asked.add(pk)
        replacing = replaced.filter(origin_id=pk).first()
        if replacing is None:
            return None
        visible = Selection.objects.for_user(user).filter(pk=replacing.pk).first()
        if visible is not None:
            return visible
        pk = replacing.pk
    return None


@dataclass(frozen=True, slots=True)
class Marks:
    """How many frames of a selection are marked."""

    good: int
    faulty: int
    total: int


def count_marks(selection: Selection) -> Marks:
    if not selection.marks.exists():  # nearly always, and cheaper to ask
        return Marks(0, 0, 0)
    good, faulty = FrameMark.Verdict.GOOD, FrameMark.Verdict.FAULTY
    counted = selection.present_marks().aggregate(
        good=Count("pk", filter=Q(verdict=good)),
        faulty=Count("pk", filter=Q(verdict=faulty)),
        total=Count("pk"),
    )
    return Marks(**counted)


def with_marks(selection: Selection, frames: Iterable[SelectedFrame], counted: Marks) -> list[Any]:
    """The frames, each with its `mark` or None, without `results`, and with the file name that may
    be seen."""
    shown: list[Any] = selection.shown_frames(frames)
    by_place: dict[Place, FrameMark] = {}
    if counted.total:
        tasks, numbers = {each.task_id for each in shown}, {each.frame for each in shown}
        marks = selection.marks.filter(task_id__in=tasks, frame__in=numbers)
        for mark in marks.select_related("marked_by"):
            by_place[mark.task_id, mark.frame] = mark
    for each in shown:
        each.mark = by_place.get((each.task_id, each.frame))
        each.results = ()  # for a template, to look for what is not there takes longest
    return shown


def note_results(user: User, selection: Selection, frames: Iterable[Any]) -> None:
    """Give each frame, as `results`, the ids of the publications that have results of it."""
    shown = list(frames)
    held = results.on_frames(
        user=user, selection=selection, places=[(each.task_id, each.frame) for each in shown]
    )
    for each in shown:
        each.results = held.get((each.task_id, each.frame), ())


@dataclass(frozen=True, slots=True)
class TaskJobs:
    """The jobs of one task that frames were chosen from."""

    task_id: int
    name: str
    jobs: list[Any]  # {"job_id", "frames": how many}


def jobs(selection: Selection) -> list[TaskJobs]:
    by_job = selection.frames.order_by("task_id", "job_id").values("task_id", "job_id")
    names = {task.task_id: task.name for task in selection.shown_tasks}
    return [
        TaskJobs(task_id, names.get(task_id, ""), list(of_task))
        for task_id, of_task in groupby(
            by_job.annotate(frames=Count("pk")), key=itemgetter("task_id")
        )
    ]


def has_video(selection: Selection) -> bool:
    """Whether there are frames that the portal decodes from a video, which have no file name."""
    if all(task.start_frame is not None for task in selection.task_list):
        return any(task.video for task in selection.task_list)
    # Rows of older releases do not tell.
    return selection.frames.filter(filename="").exists()


@dataclass(frozen=True, slots=True)
class BeforeBuilding:
    """What to say before a ZIP is built: warnings, and whether its frames are named by their
    numbers alone, as those of any video are."""

    warnings: list[str]
    is_named_by_numbers: bool


def before_building(selection: Selection) -> BeforeBuilding:
    tasks = selection.task_list
    several = len(tasks) > 1
    folder = max((len(f"task_{task.task_id}/") for task in tasks), default=0)
    longest = selection.longest_name() + (folder if several else 0)
    entries = selection.frames_count + 1
    warnings = []
    if longest > LONGEST_WINDOWS_PATH:
        warnings.append(remarks_in_words.path_warning(longest))
    if entries > remarks_in_words.MOST_OLD_ENTRIES:
        warnings.append(remarks_in_words.entries_warning(entries))
    is_video = any(task.video for task in tasks)
    return BeforeBuilding(warnings, is_named_by_numbers=is_video and not several)


def newest_archives(user: User, selection: Selection) -> tuple[list[Archive], int]:
    """The newest archives that the user, who may see the selection, has built of it, as cards show
    them; and how many there are."""
    newest: list[Any] = rows_for(user, _newest_archives, selection.pk)
    prefetch_related_objects(newest, "parts")
    for archive in newest:  # as for_cards() would read it for each
        archive.selection, archive.visible_selection_id = selection, selection.pk
    return newest, newest[0].total if newest else 0


def _newest_archives(user: User, selection_id: int) -> QuerySet[Archive]:
    archives = Archive.objects.for_user(user).filter(selection_id=selection_id).for_list()
    return archives.annotate(total=Window(Count("pk")))[:ARCHIVES_SHOWN]


@dataclass(frozen=True, slots=True)
class Stock:
    """The archives of a person: how many of each status, and what the files take."""

    by_status: dict[ArchiveStatus, int]
    files: int
    bytes: int

    @property
    def total(self) -> int:
        return sum(self.by_status.values())


def stock(user: User) -> Stock:
    counted = Archive.objects.for_user(user).order_by().values_list("status")
    counts = {
        Archive.Status(status): (n, size)
        for status, n, size in counted.annotate(n=Count("pk"), bytes=Sum("size"))
    }
    with_file = [counts[status] for status in Archive.WITH_FILE if status in counts]
    return Stock(
        by_status={status: counts[status][0] for status in Archive.Status if status in counts},
        files=sum(n for n, _ in with_file),
        bytes=sum(size for _, size in with_file),
    )


def _ends() -> list[Subquery]:
    """Subqueries for the places of the first two and the last two frames of a selection, by the
    unique index (selection, task_id, frame). A window over the frames would read all of them."""
    frames = frames_of_outer()
    place = JSONObject(task=F("task_id"), frame=F("frame"))
    up = frames.order_by("task_id", "frame").values(place=place)
    down = frames.order_by("-task_id", "-frame").values(place=place)
    return [Subquery(up[:1]), Subquery(up[1:2]), Subquery(down[1:2]), Subquery(down[:1])]


def _previews(ends: list[dict[str, int] | None]) -> list[dict[str, int]]:
    # Of three frames the second is also the last but one.
    return [place for at, place in enumerate(ends) if place and place not in ends[:at]]
