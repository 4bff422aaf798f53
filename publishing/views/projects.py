"""The project on the pages on which a new task is made: found by words, checked with the rest, and
whom the task can be assigned to in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cvat.links import MAX_ID
from portal.exceptions import Explained, InvalidInput
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.new_task import NewTaskOptions
from publishing.new_task_form import NewTaskForm
from publishing.views.allowing import typed
from selector.models import Connection

Check = TypeVar("Check", bound=services.NewTaskCheck)
Form = TypeVar("Form", bound=NewTaskForm)


@never_cache
@require_GET
def found_projects(request: SignedInRequest, pk: int) -> HttpResponse:
    """The projects that the words `find_project` fit, as a part of the choice of the project."""
    connection = get_object_or_404(Connection.objects.for_user(request.user), pk=pk)
    words = request.GET.get("find_project", "").strip()
    context: dict[str, object] = {"words": words}
    try:
        if words:
            context["matching"] = services.find_projects(connection=connection, words=words)
    except Explained as error:
        context["error"] = str(error)
    response = render(request, "publishing/_found_projects.html", context)
    # Another project may be chosen now, which is no event of the choice.
    response["HX-Trigger-After-Settle"] = "projects-found"
    return response


@never_cache
@require_GET
def assignees(request: SignedInRequest, pk: int) -> HttpResponse:
    """Whom a task can be assigned to in the `project`, or without one in the `organization`, as
    options of the choice of the assignee, of whom one is chosen."""
    connection = get_object_or_404(Connection.objects.for_user(request.user), pk=pk)
    context: dict[str, object] = {"chosen": as_number(request.GET.get("assignee", ""))}
    try:
        context["place"] = services.look_up_place(
            connection=connection,
            organization=request.GET.get("organization", ""),
            project_id=as_number(request.GET.get("project", "")),
        )
    except Explained as error:
        context["error"] = str(error)
    return render(request, "publishing/_assignees.html", context)


def check_with_project(
    request: SignedInRequest, check: Callable[..., Check], *, earlier: NewTaskOptions | None = None
) -> Check:
    """What `check` answers, which takes a `project_id`: with the project that is chosen, or that
    the form is filled with from an `earlier` task, if CVAT shows it. The form says so if not."""
    number = as_number(request.POST.get("project") or typed(request).get("project", ""))
    if number is None and earlier is not None and request.method == "GET":
        number = earlier.project_id
    if number is not None:
        with suppress(InvalidInput):
            return check(project_id=number)
    return check()


def sent_form(
    request: SignedInRequest,
    checked: Check,
    *,
    check: Callable[..., Check],
    form: Callable[..., Form],
) -> tuple[Form, Check]:
    """The form that was sent, which `form` makes of a check, and the check with the project that
    the words in it find."""
    words = request.POST.get("find_project", "").strip()
    if not words or request.POST.get("project"):
        return form(checked, request.POST), checked
    try:
        matching = services.find_projects(connection=checked.connection, words=words)
    except InvalidInput as error:
        refused = form(checked, request.POST)
        refused.add_error("find_project", str(error))
        return refused, checked
    if matching.count == 1:
        checked = check(project_id=matching.results[0].id)
    return form(checked, request.POST, matching=matching), checked


def as_number(text: str) -> int | None:
    """The id that the text is; None for anything else."""
    return int(text) if text.isdecimal() and len(text) <= len(str(MAX_ID)) else None
