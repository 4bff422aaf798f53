"""The OpenAPI document, with the errors that all operations have in common."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.renderers import OpenApiJsonRenderer
from rest_framework import serializers
from rest_framework.views import APIView

# There are no geometry fields. To learn that, drf-spectacular would look for the GDAL library, for
# which Python runs ldconfig, gcc and ld a dozen times each.
DjangoFilterExtension._has_gis = False  # type: ignore[attr-defined]


class ErrorSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="What is wrong, fit to be shown.")
    code = serializers.CharField(help_text="A stable word for scripts.")
    fields = serializers.DictField(  # type: ignore[assignment]
        required=False, help_text="Wrong input: what is wrong with which field."
    )


class SpecifiedErrorSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField(help_text="false")
    message = serializers.CharField(help_text="What is wrong, fit to be shown.")
    code = serializers.CharField(help_text="A stable word for scripts.")


ALWAYS = {
    "400": "The input is wrong.",
    "401": "Not signed in to the portal; or, with a code that begins with cvat_, CVAT refuses.",
    "403": "Not allowed: to this API token, by CVAT, or by the list of servers.",
    "404": "There is no such thing, or you may not see it.",
    "429": "Too many requests; Retry-After says when to come back.",
    "503": "The portal is busy, still reads what the answer needs, or cannot reach its message "
    "broker. `code` says which, and Retry-After, where it is sent, when to come back.",
}
WITH_BODY = {
    "409": "Not possible as things are; for example not connected.",
    "413": "The request is too large.",
    "415": "The content type is not one of those above.",
}
WITH_CVAT = {
    "409": "Not possible as things are; for example not connected, or a task without images.",
    "502": "CVAT cannot be reached, or answers what it should not.",
    "504": "CVAT takes too long.",
}


class MadeOnce(SchemaGenerator):
    """Makes the document once in a process, which takes more than half a second: it is the same for
    everybody."""

    def get_schema(self, request: Any = None, public: bool = True) -> dict[str, Any]:
        # drf-spectacular fails now and then in two threads that both make their first document.
        with _one_at_a_time:
            content = _document(settings.STANDIN_URL)
        document: dict[str, Any] = json.loads(content)
        return document


_one_at_a_time = Lock()


@cache
def _document(standin_url: str) -> bytes:
    """As JSON, which takes less memory than what it is made of. Its examples name `standin_url`."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered: bytes = OpenApiJsonRenderer().render(document)
    return rendered


class Schema(AutoSchema):
    """Adds the errors to each operation."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            shape = error_shape(self.view)
            content = self.resolve_serializer(shape, "response").ref
            for status, description in self._errors().items():
                operation["responses"].setdefault(
                    status,
                    {
                        "description": description,
                        "content": {"application/json": {"schema": content}},
                    },
                )
        return operation

    def get_description(self) -> str:  # type: ignore[override]  # as in drf-spectacular
        """The docstring of the operation, not of the class, which is for readers of the code."""
        name = getattr(self.view, "action", None) or self.method.lower()
        return str(get_doc(getattr(self.view, name, None)))

    def _errors(self) -> dict[str, str]:
        errors = dict(ALWAYS)
        if self.method in {"POST", "PATCH", "PUT"}:
            errors |= WITH_BODY
        if self.method == "POST" or getattr(self.view, "asks_cvat", False):
            errors |= WITH_CVAT
        if any(each["name"] == "Idempotency-Key" for each in self._get_parameters()):
            errors["422"] = "The Idempotency-Key was used for another request."
        if getattr(self.view, "action", "") == "download":
            errors["409"] = "There is no file: not yet, or not any more."
        return errors


def error_shape(view: APIView) -> type[serializers.Serializer[Any]]:
    """The serializer that describes the errors of a view."""
    is_specified = getattr(view, "is_specified", False)
    return SpecifiedErrorSerializer if is_specified else ErrorSerializer


def name_forms(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular hook: a component of its own for each body that is taken as a form too.
    Generated clients tell forms and JSON apart by the name of the component alone."""
    shapes = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            form = content.get("application/x-www-form-urlencoded")
            if form is None or "application/json" not in content:
                continue
            name = form["schema"]["$ref"].rpartition("/")[2]
            own = f"{name.removesuffix('Request')}FormRequest"
            shapes[own] = deepcopy(shapes[name])
            form["schema"] = {"$ref": f"#/components/schemas/{own}"}
    return result
