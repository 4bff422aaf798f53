"""List the names in product Python that say nothing to a reader.

`python .ci/identifiers.py` prints them by file. Counted is where a name is defined: variables,
parameters, functions, attributes, classes; once for each function or class that defines it. A
leading underscore does not matter. `--limit N` fails when there are more than N in all.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
PACKAGES = ("launcher", "config", "publishing", "selections", "selector", "portal", "cvat")
UNCLEAR = frozenset(
    ("found", "made", "way", "mine", "kept", "got", "whose", "there", "left", "over")
)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

Definition = tuple[int, str]  # line, name


def definitions(tree: ast.AST) -> Iterator[Definition]:
    """Every name that the code defines, once in each scope."""
    names: dict[str, int] = {}
    inner: list[ast.AST] = []
    pending: list[ast.AST] = list(ast.iter_child_nodes(tree))
    while pending:
        node = pending.pop()
        for name in _defined(node):
            line = node.lineno  # type: ignore[attr-defined]
            names[name] = min(line, names.get(name, line))
        if isinstance(node, SCOPES):
            inner.append(node)
        else:
            pending.extend(ast.iter_child_nodes(node))
    yield from ((line, name) for name, line in names.items())
    for node in inner:
        yield from definitions(node)


def _defined(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.ClassDef(name=name) | ast.arg(arg=name):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)):
            return [name]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
    return []


def unclear(source: str) -> list[Definition]:
    return sorted(
        (line, name)
        for line, name in definitions(ast.parse(source))
        if name.strip("_").lower() in UNCLEAR
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, help="fail when there are more than so many")
    limit = parser.parse_args().limit
    names: Counter[str] = Counter()
    for package in PACKAGES:
        for path in sorted((BASE_DIR / package).rglob("*.py")):
            listed = unclear(path.read_text(encoding="utf-8"))
            if "migrations" in path.parts or not listed:
                continue
            places = ", ".join(f"{name} ({line})" for line, name in listed)
            sys.stdout.write(f"{path.relative_to(BASE_DIR)}: {places}\n")
            names.update(name.strip("_") for _, name in listed)
    total = names.total()
    counts = ", ".join(f"{name} {count}" for name, count in names.most_common())
    sys.stdout.write(f"{total} names that say nothing: {counts}\n" if total else "None.\n")
    if limit is not None and total > limit:
        sys.exit(f"Rename them: at most {limit} are accepted (CONTRIBUTING.md, Language).")


if __name__ == "__main__":
    main()
