"""What people type to make a new task of uploaded files."""

from __future__ import annotations

from typing import Any, cast

from publishing.new_task import NewTaskOptions
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
        project, schema = cast(Any, self.fields["project"]), self.fields["label_schema"]
        project.choices = [("", "None: labels of its own"), *project.choices[1:]]
        schema.help_text = (
            "Their names, with commas or one in a line; or, with types, attributes and skeletons, "
            "the JSON of CVAT’s tab Raw. For a task outside a project, or for a new project."
        )

    def options(self) -> NewTaskOptions:
        self.cleaned_data = {**_OF_FRAMES, **self.cleaned_data}
        return super().options()
