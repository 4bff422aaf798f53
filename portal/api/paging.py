"""Pages of lists, of the portal and of CVAT: {"count", "next", "previous", "results"}."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000


class Paging(PageNumberPagination):
    """Pages by number, with a size from 1 to MAX_PAGE_SIZE."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int | None:
        """The page size; ValidationError for a wrong one, which DRF would ignore."""
        text = request.query_params.get("page_size")
        if text is None:
            return self.page_size
        if not text.isdecimal() or len(text) > 6 or not 1 <= int(text) <= MAX_PAGE_SIZE:
            raise ValidationError({"page_size": [f"page_size must be 1 to {MAX_PAGE_SIZE}."]})
        return int(text)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for each in parameters:
            most = {"maximum": MAX_PAGE_SIZE} if each["name"] == "page_size" else {}
            each["schema"] |= {"minimum": 1, **most}
        return parameters


def page_of_cvat(
    request: Request, results: Any, *, count: int, page: int, page_size: int
) -> Response:
    """The answer for a page of a list that CVAT has split into pages, with links of the portal."""
    address = request.build_absolute_uri()
    before = remove_query_param(address, "page")
    if page > 2:
        before = replace_query_param(address, "page", page - 1)
    return Response(
        {
            "count": count,
            "next": replace_query_param(address, "page", page + 1)
            if page * page_size < count
            else None,
            "previous": before if page > 1 else None,
            "results": results,
        }
    )
