"""What people type: a server and an account, a task or a job."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings

from cvat.links import InvalidAddress, Target, parse, parse_number
from cvat.types import LONGEST_SUBSET
from portal.exceptions import InvalidInput
from selector.models import LONGEST_ASSIGNEE, LONGEST_WORDS, Connection
from selector.scope import Scope
from selector.task_search import STATUSES, TaskSearch


class ConnectForm(forms.Form):
    url = forms.CharField(
        label="Address of the CVAT server",
        max_length=500,
        widget=forms.TextInput(
            attrs={"list": "cvat-servers", "inputmode": "url", "spellcheck": "false"}
        ),
    )
    username = forms.CharField(
        label="User name",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    access_token = forms.CharField(
        label="Access token, instead of a password",
        max_length=500,
        required=False,
        help_text="Made by you in CVAT, under Profile → Security. Needs no user name.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    organization = forms.CharField(
        label="Organization",
        max_length=100,
        required=False,
        help_text=(
            "Its short name in CVAT. The lists of tasks and projects then show what your role in "
            "it allows; empty, only what is yours or assigned to you, wherever it lies. By its "
            "number or address a task opens either way."
        ),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )


def connect_form(connection: Connection | None = None) -> ConnectForm:
    """The form filled in with the server of this installation, or to connect again."""
    if connection is None:
        return ConnectForm(initial={"url": settings.CVAT_URL or settings.STANDIN_URL})
    return ConnectForm(
        initial={
            "url": connection.url,
            "username": connection.username,
            "organization": connection.organization,
        }
    )


class NumberField(forms.CharField):
    """The number of one kind of thing; None if it is empty."""

    def __init__(self, kind: str, *, least: int = 1) -> None:
        super().__init__(required=False)
        self.kind, self.least = kind, least

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        try:
            return parse_number(text, self.kind, least=self.least) if text else None
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from None


class NumbersField(forms.CharField):
    """The numbers of several things of a kind, such as "1,2,3" or "#1 task 2; 3": each once,
    ascending."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.kind = kind

    def clean(self, value: Any) -> list[int]:
        words = re.split(r"[,;]|(?<=[0-9])\s+", super().clean(value))
        try:
            numbers = [parse_number(each.strip(), self.kind) for each in words if each.strip()]
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from None
        return sorted(set(numbers))


class TaskSearchForm(forms.Form):
    """What tasks are listed: words (`find`), and what else they must be like."""

    find = forms.CharField(required=False, max_length=2000)
    project = NumberField("project")
    status = forms.ChoiceField(
        required=False, choices=[("", "Any status"), *((each, each) for each in STATUSES)]
    )
    assignee = forms.CharField(required=False, max_length=LONGEST_ASSIGNEE)
    subset = forms.CharField(required=False, max_length=LONGEST_SUBSET)

    @property
    def words(self) -> str:
        return " ".join(self.cleaned_data.get("find", "").split())

    @property
    def criteria(self) -> TaskSearch:
        given = self.cleaned_data
        return TaskSearch(
            search=self.words[:LONGEST_WORDS],
            project_id=given["project"],
            status=given["status"],
            assignee=given["assignee"],
            subset=given["subset"],
        )


class SaveSearchForm(TaskSearchForm):
    name = forms.CharField(max_length=100)
    connection = NumberField("connection")


class ChooseForm(TaskSearchForm):
    """What to open: typed or pasted (`find`), or named by a link of the portal."""

    job = NumberField("job")
    task = NumberField("task")
    search = NumberField("saved search")
    tasks = NumbersField("task")
    all = forms.BooleanField(required=False)  # the frames of all tasks of `project`
    frame = NumberField("frame", least=0)
    selection = NumberField("selection")
    results = NumberField("publication")  # whose results the large view shows first
    page = NumberField("page")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        tasks = given.get("tasks") or []
        if len(tasks) > settings.MAX_SCOPE_TASKS:
            raise forms.ValidationError(
                f"{len(tasks):,} tasks are more than can be opened at once "
                f"({settings.MAX_SCOPE_TASKS:,}). Choose fewer."
            )
        if len(tasks) == 1 and not given.get("task"):
            given["task"] = tasks.pop()
        return given

    @property
    def scope(self) -> Scope | None:
        """The tasks to choose from at once: `tasks`, all of a project, or those of a saved search.
        None for one task, and for a project whose tasks are to be listed."""
        given = self.cleaned_data
        if given["search"]:
            return Scope(saved_search=given["search"])
        if given["project"] and given["all"]:
            return Scope(project_id=given["project"])
        return Scope(task_ids=tuple(given["tasks"])) if given["tasks"] else None

    def target(self, base_url: str) -> Target | None:
        """What the typed text names on the CVAT server; None for words to search by.

        Raises InvalidInput for an address that cannot be opened.
        """
        try:
            target = parse(self.words, base_url)
        except InvalidAddress as error:
            raise InvalidInput(str(error)) from None
        job_id = self.cleaned_data["job"]
        if target is None or job_id is None or target.job_id is not None:
            return target
        return Target(task_id=target.task_id or target.number, job_id=job_id, frame=target.frame)
