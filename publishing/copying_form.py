"""What people type to copy annotations from one task to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings

from cvat.links import MAX_ID, InvalidAddress, parse
from publishing.copying import CopyOptions
from selector.models import Connection


def _connections(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, coerce=int)


class CopyForm(forms.Form):
    """From which task or file to which task annotations are copied, and how. The labels are in
    fields of their own, one for each label of the objects: see `labels`."""

    LABEL = "label:"  # begins the name of such a field
    UNDECIDED = "?"  # its value while no label is chosen

    source_connection = _connections("CVAT server to copy from")
    source_task = forms.CharField(
        label="Task to copy from",
        max_length=500,
        required=False,
        help_text="Its number or address.",
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text="CVAT for images 1.1 (XML), COCO or Datumaro (JSON), alone or in the ZIP of an "
        "export; or the ZIP of PASCAL VOC or YOLO.",
    )
    # Names the file that was looked at last, which is not sent again.
    kept_file = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    connection = _connections("CVAT server to copy to")
    task = forms.CharField(label="Task to copy to", max_length=500)
    partly = forms.BooleanField(label="Leave out what does not fit", required=False)
    add = forms.BooleanField(label="Add to what is on these frames", required=False)

    def __init__(self, connections: Iterable[Connection], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connections = {connection.pk: connection for connection in connections}
        choices = [(pk, connection.label) for pk, connection in self._connections.items()]
        for name in ("source_connection", "connection"):
            field: Any = self.fields[name]
            field.choices = choices

    def clean_file(self) -> Any:
        file: Any = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > settings.FRAMES_UPLOAD_MAX_SIZE:
            most = settings.FRAMES_UPLOAD_MAX_SIZE // 2**20
            raise forms.ValidationError(f"The file is larger than {most} MB. Divide it.")
        return file

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("file") and given.get("source_task"):
            self.add_error("file", "Choose a file or name a task, not both.")
        elif not {"file", "source_task"} & set(self.errors) and not (
            given.get("file") or given.get("source_task") or given.get("kept_file")
        ):
            self.add_error("source_task", "Name a task to copy from, or choose a file.")
        for task, connection in (("source_task", "source_connection"), ("task", "connection")):
            if given.get(task) and given.get(connection):
                given[connection] = self._connections[given[connection]]
                given[task] = self._task_id(task, given[task], given[connection])
        return given

    @property
    def labels(self) -> dict[str, str]:
        """The labels that were assigned, from the fields beside those of the form."""
        return {
            name.removeprefix(self.LABEL): value
            for name, value in self.data.items()
            if name.startswith(self.LABEL) and value != self.UNDECIDED
        }

    def options(self, source: str) -> CopyOptions:
        given = self.cleaned_data
        return CopyOptions(source, labels=self.labels, partly=given["partly"], add=given["add"])

    def _task_id(self, field: str, text: str, connection: Connection) -> int | None:
        try:
            target = parse(text, connection.url)
        except InvalidAddress as error:
            self.add_error(field, str(error))
            return None
        number = target and (target.task_id or target.number)
        if not number or number > MAX_ID:
            self.add_error(field, "Type the number of a task, or paste its address.")
            return None
        return number
