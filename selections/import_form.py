"""The form for a list of frames."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User

from selector.forms import NumbersField
from selector.models import Connection


class ImportForm(forms.Form):
    """`text` is the list, pasted or from the file."""

    file = forms.FileField(
        label="File", required=False, help_text="CSV, JSON, or a file name on each line; UTF-8."
    )
    pasted = forms.CharField(
        label="Or the list itself",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
    )
    tasks = NumbersField(
        "task",
        label="Tasks",
        max_length=2000,
        help_text="Their numbers, such as 12, 13. Only for a list that does not name its tasks.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    connection = forms.ModelChoiceField(
        Connection.objects.none(), label="CVAT", required=False, empty_label=None
    )
    name = forms.CharField(label="Name of the selection", required=False, max_length=200)
    saves_partly = forms.BooleanField(
        label="Save the frames that match, even if others do not", required=False
    )

    def __init__(self, *arguments: Any, user: User) -> None:
        super().__init__(*arguments)
        connections: Any = self.fields["connection"]
        connections.queryset = Connection.objects.for_user(user).defer("credential").accepted()
        connections.label_from_instance = lambda connection: connection.label

    def clean_file(self) -> Any:
        file: Any = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > settings.FRAMES_UPLOAD_MAX_SIZE:
            raise forms.ValidationError("The file is too large. Send fewer frames at once.")
        return file

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        file, text = data.get("file"), data.get("pasted") or ""
        if file is not None:
            try:
                text = file.read().decode()
            except UnicodeDecodeError:
                self.add_error("file", "The file is no text in UTF-8. Save it as such.")
        elif not text.strip() and "file" not in self.errors:
            self.add_error(None, "Choose a file, or paste a list.")
        data["text"] = text
        return data
