"""What people type: a server and an account, a task or a job, the name of a token."""

from __future__ import annotations

import re

from django import forms
from django.conf import settings

from cvat.links import MAX_ID, InvalidAddress, Target, parse
from portal.exceptions import InvalidInput
from selector.models import Connection

JOB = re.compile(r"(?:job\s*#?\s*)?([0-9]+)", re.IGNORECASE)
PROJECT = re.compile(r"project\s*#?\s*([0-9]+)", re.IGNORECASE)
MERE = re.compile(r"#?\s*[0-9]+")
TASK = re.compile(r"(?:task\s*)?#?\s*([0-9]+)", re.IGNORECASE)


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
    """Filled in with the server of this installation, or to connect again."""
    if connection is None:
        return ConnectForm(initial={"url": settings.CVAT_URL or settings.STANDIN_URL})
    return ConnectForm(
        initial={
            "url": connection.url,
            "username": connection.username,
            "organization": connection.organization,
        }
    )


class ChooseForm(forms.Form):
    """What is to be opened: typed or pasted (`find`, `job`), or named by a link of ours."""

    find = forms.CharField(required=False, max_length=2000)
    job = forms.CharField(required=False, max_length=40)
    task = forms.CharField(required=False, max_length=40)
    project = forms.CharField(required=False, max_length=40)
    frame = forms.CharField(required=False, max_length=40)
    selection = forms.CharField(required=False, max_length=40)
    page = forms.CharField(required=False, max_length=40)
    connection = forms.CharField(required=False, max_length=40)

    def number(self, field: str) -> int | None:
        """The number in a field, None if it is empty. Raises InvalidInput."""
        text = str(self.data.get(field, "")).strip()
        if not text:
            return None
        found = (JOB if field == "job" else TASK).fullmatch(text)
        least = 0 if field == "frame" else 1
        if found is None or not least <= int(found[1][:19]) <= MAX_ID:
            raise InvalidInput(f"“{text[:40]}” is not the number of a {field}.")
        return int(found[1])

    @property
    def words(self) -> str:
        return " ".join(str(self.data.get("find", "")).split())[:200]

    @property
    def is_mere_number(self) -> bool:
        """Whether what is typed may be the number of a task or, if there is none, of a job."""
        return MERE.fullmatch(self.words) is not None and not self.data.get("job")

    def typed(self, base_url: str) -> Target | None:
        """What the typed text names; None if it is empty or words to search by.

        Raises InvalidInput for an address that cannot be opened and a wrong number of a job.
        """
        text, job_id = self.words, self.number("job")
        task, job, project = (kind.fullmatch(text) for kind in (TASK, JOB, PROJECT))
        if task:
            return Target(task_id=_id(task[1]), job_id=job_id)
        if job:
            return Target(job_id=_id(job[1]))
        if project:
            return Target(project_id=_id(project[1]))
        if "/" in text:
            try:
                target = parse(text, base_url)
            except InvalidAddress as error:
                raise InvalidInput(str(error)) from None
            return _with_job(target, job_id)
        return Target(job_id=job_id) if job_id and not text else None


def _with_job(target: Target, job_id: int | None) -> Target:
    if job_id is None or target.job_id is not None:
        return target
    return Target(task_id=target.task_id, job_id=job_id, frame=target.frame)


def _id(digits: str) -> int:
    if not 0 < int(digits[:19]) <= MAX_ID:
        raise InvalidInput(f"{digits[:20]} cannot be the number of a task, job or project.")
    return int(digits)
