"""The `filter` parameter: JSON logic as CVAT understands it (cvat-api 4.8)."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from standin.messages import Refusal, ServerError

T = TypeVar("T")
Getters = Mapping[str, Callable[[T], Any]]
Test = Callable[[T], bool]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def parse_filter(text: str, fields: Getters[T]) -> Test[T]:
    """A test for one object. Raises Refusal 400 for what CVAT refuses, ServerError likewise."""
    try:
        rules = json.loads(text)
    except ValueError as error:
        raise Refusal(400, [f"filter: can't parse filter expression: {error}"]) from error
    if not rules:
        raise Refusal(400, ["filter shouldn't be empty"])
    return _test(rules, fields)


def _test(rules: Any, fields: Getters[T]) -> Test[T]:
    if not isinstance(rules, dict):
        raise ServerError("a rule must be an object")
    operation, given = next(iter(rules.items()))
    if operation in ("and", "or"):
        parts = [_test(part, fields) for part in given]
        join = all if operation == "and" else any
        return lambda item: join(part(item) for part in parts)
    if operation == "!":
        inner = _test(given, fields)
        return lambda item: not inner(item)
    if operation == "!!":
        return _test(given, fields)
    if operation == "var":
        get = _getter(given, fields)
        return lambda item: get(item) is not None
    return _comparison(operation, given, fields)


def _comparison(operation: str, given: Any, fields: Getters[T]) -> Test[T]:
    arguments = given if isinstance(given, list) else [given]
    if operation == "in" and len(arguments) == 2:
        return _membership(arguments, fields)
    if operation == "<=" and len(arguments) == 3:
        get = _getter(arguments[1].get("var"), fields)
        low, high = arguments[0], arguments[2]
        return lambda item: (
            _holds(operator.le, low, get(item)) and _holds(operator.le, get(item), high)
        )
    if operation in _COMPARISONS and len(arguments) == 2 and isinstance(arguments[0], dict):
        get, value = _getter(arguments[0].get("var"), fields), arguments[1]
        if value is None:
            return lambda item: get(item) is None
        compare = _COMPARISONS[operation]
        return lambda item: _holds(compare, get(item), value)
    text = f"filter: {operation} operation with {given} arguments is not implemented"
    raise Refusal(400, [text])


def _membership(arguments: list[Any], fields: Getters[T]) -> Test[T]:
    if isinstance(arguments[0], dict):
        get, values = _getter(arguments[0].get("var"), fields), arguments[1]
        return lambda item: get(item) in values
    text, get = str(arguments[0]), _getter(arguments[1].get("var"), fields)
    return lambda item: text in str(get(item) or "")


def _getter(name: Any, fields: Getters[T]) -> Callable[[T], Any]:
    if name not in fields:
        raise Refusal(400, [f"filter: term '{name}' is not supported"])
    return fields[name]


def _holds(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    if isinstance(left, datetime) or isinstance(right, datetime):
        left, right = _moment(left), _moment(right)
    try:
        return compare(left, right)
    except TypeError as error:
        raise Refusal(400, [f"filter: wrong value {right!r}"]) from error


def _moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Refusal(400, [f"filter: wrong date {value!r}"]) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
