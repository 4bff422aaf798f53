"""What people type to make a new task of uploaded files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django import forms

from publishing.new_task import LAST_FRAME, NewTaskOptions
from publishing.new_task_form import NewTaskForm
from publishing.services import FilesCheck

# What is offered for frames of a selection alone.
_OF_FRAMES = {
    "quality": "",
    "with_annotations": False,
    "without_labels": (),
    "replacement": None,
    "unreplaced_frames": "",
    "honeypots_per_job": None,
}


class FilesTaskForm(NewTaskForm):
    """As for a selection, without what concerns the tasks of its frames."""

    def __init__(self, check: FilesCheck, *args: Any, **kwargs: Any) -> None:
        super().__init__(check, *args, **kwargs)
        for name in _OF_FRAMES:
            del self.fields[name]
        if check.contents.video is not None:
            self.fields |= _fields_of_video()
        project, schema = cast(Any, self.fields["project"]), self.fields["label_schema"]
        project.choices = [("", "None: labels of its own"), *project.choices[1:]]
        schema.help_text = (
            "Their names, with commas or one in a line; or, with types, attributes and skeletons, "
            "the JSON of CVAT’s tab Raw. For a task outside a project, or for a new project."
        )

    def options(self) -> NewTaskOptions:
        given = self.cleaned_data = {**_OF_FRAMES, **self.cleaned_data}
        return replace(
            super().options(),
            start_frame=given.get("start_frame") or 0,
            stop_frame=given.get("stop_frame"),
            frame_step=given.get("frame_step") or 1,
        )


def _fields_of_video() -> dict[str, forms.Field]:
    return {
        "start_frame": _number("First frame", least=0, help_text="Counted from 0."),
        "stop_frame": _number("Last frame", least=0, help_text="Empty: that of the video."),
        "frame_step": _number("Every n-th frame", least=1, help_text="Empty: each one."),
    }


def _number(label: str, *, least: int, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=least, max_value=LAST_FRAME, help_text=help_text
    )
