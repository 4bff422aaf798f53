"""Refuse query parameters and body fields that an operation does not name, with 400."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.api.choices import ChoiceField, alike

if TYPE_CHECKING:
    View = APIView
    Fields = serializers.Serializer[Any]
else:
    View = Fields = object

Handler = TypeVar("Handler", bound=Callable[..., Any])
InputSerializer = type[serializers.Serializer[Any]]
MAX_NAMED = 20  # unknown names in one answer
LONGEST_NAME = 100  # characters of one of them
CSRF_FIELD = "csrfmiddlewaretoken"  # Django reads it from forms


class StrictFields(Fields):
    """Serializer that refuses unknown and read-only fields instead of dropping them."""

    default_error_messages = {"invalid": "Expected a JSON object with named fields."}
    # For the fields of a model.
    serializer_choice_field: ClassVar[type[serializers.Field[Any, Any, Any, Any]]] = ChoiceField

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            names = _names_in_form(data) if isinstance(data, QueryDict) else data.keys()
            refuse_unknown(names, self.fields, what="field")
            read_only = [name for name in names if self.fields[name].read_only]
            if read_only:
                _refuse(read_only, "is read-only and cannot be set.")
        return super().to_internal_value(data)


class StrictSerializer(StrictFields, serializers.Serializer[Any]):
    """Base class of serializers for bodies and query parameters of requests."""


class StrictView(View):
    """View that accepts the query parameters and the body named by `@takes`, and nothing else. A
    parameter may be repeated if its field is a list.

    `query` holds the validated query parameters.
    """

    query: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        # View and request refer to each other, so they stay in memory until the garbage collector
        # comes to them. The answer, which may be large, need not stay with them.
        del self.response
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        name = getattr(self, "action", None) or str(request.method).lower()
        handler = getattr(self, name, None)
        if handler is None or request.method == "OPTIONS":
            return  # answered with 405, or with the description of the endpoint
        is_list = name == "list" or getattr(handler, "is_paged", False)
        self.query = _read_query(
            request.query_params,
            getattr(handler, "query_serializer", StrictSerializer),
            self._list_parameters() if is_list else set(),
        )
        if getattr(handler, "body_serializer", None) is None:
            _refuse_body(request.data)

    def _list_parameters(self) -> set[str]:
        """Names of the parameters that filters, search, order and paging read."""
        parameters: list[Mapping[str, Any]] = []
        names: set[str] = set()
        view: Any = self
        for backend in getattr(self, "filter_backends", []):
            if issubclass(backend, DjangoFilterBackend):
                names |= set(getattr(view, "filterset_class", FilterSet).base_filters)
            else:
                parameters += backend().get_schema_operation_parameters(self)
        paginator = getattr(self, "paginator", None)
        if paginator is not None:
            parameters += paginator.get_schema_operation_parameters(self)
        return names | {str(parameter["name"]) for parameter in parameters}


def takes(
    *,
    query: InputSerializer | None = None,
    body: InputSerializer | Mapping[str, Any] | None = None,
    is_paged: bool = False,
    **schema: Any,
) -> Callable[[Handler], Handler]:
    """Decorator: the query parameters and the body of an operation, for `StrictView` and OpenAPI.

    A body that is no JSON is given by its media type and schema, such as portal.api.parsers.BYTES.
    `is_paged` is for lists other than the action `list`; `schema` goes to `extend_schema`.
    """
    if query is not None:
        schema["parameters"] = [query, *schema.get("parameters", [])]

    def decorate(handler: Handler) -> Handler:
        handler.query_serializer = query or StrictSerializer  # type: ignore[attr-defined]
        handler.body_serializer = body  # type: ignore[attr-defined]
        handler.is_paged = is_paged  # type: ignore[attr-defined]
        return extend_schema(request=body, **schema)(handler)

    return decorate


def refuse_unknown(names: Iterable[str], known: Iterable[str], *, what: str) -> None:
    """Raises ValidationError if there are unknown names; it lists them and the known ones."""
    known = sorted(known)
    unknown = [name for name in names if name not in known]
    if not unknown:
        return
    hint = f"Known: {', '.join(known)}." if known else "None is taken here."
    raise serializers.ValidationError(
        {
            str(name)[:LONGEST_NAME]: [f"unknown {what}. {alike(str(name), known)}{hint}"]
            for name in unknown[:MAX_NAMED]
        }
    )


def _read_query(given: QueryDict, kind: InputSerializer, lists: set[str]) -> dict[str, Any]:
    query = kind()
    refuse_unknown(given, {*query.fields, *lists}, what="parameter")
    many = {name for name, each in query.fields.items() if isinstance(each, serializers.ListField)}
    repeated = [name for name, values in given.lists() if len(values) > 1 and name not in many]
    if repeated:
        _refuse(repeated, "is given more than once.")
    named = {name: given[name] for name in given if name in query.fields}
    query = kind(data=named | {name: given.getlist(name) for name in many if name in given})
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)


def _names_in_form(data: QueryDict) -> list[str]:
    """The names of the fields of a form, in which lists are written as `frames[0]frame`."""
    names = {name.partition("[")[0] for name in data if name != CSRF_FIELD}
    return sorted(names)


def _refuse_body(data: Any) -> None:
    if isinstance(data, Mapping):
        refuse_unknown(set(data) - {CSRF_FIELD}, (), what="field")
    elif data:
        raise serializers.ValidationError("This operation takes no body.")


def _refuse(names: list[str], why: str) -> None:
    raise serializers.ValidationError({name: [why] for name in names[:MAX_NAMED]})
