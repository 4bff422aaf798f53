"""Faults on demand: failing, slow, broken and missing answers."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from standin.messages import HTML, Answer, json_answer

Damage = Literal["cut", "short", "checksum"]

# What random trouble may hit; a wrong answer elsewhere would only test the tests.
DATA_PATH = re.compile(r"^/api/(tasks|jobs)/\d+/data/?(\?|$)")


class Hold:
    """Keeps matching requests waiting until `release()`; `waiting` counts them."""

    def __init__(self, pattern: str) -> None:
        self.pattern = re.compile(pattern)
        self.waiting = 0
        self._open = threading.Event()
        self._arrived = threading.Condition()

    def release(self) -> None:
        self._open.set()

    def wait_for_request(self, timeout: float = 30.0) -> bool:
        """True once a request waits here; False when none came in time."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self.waiting > 0, timeout)

    def stop_here(self) -> None:
        with self._arrived:
            self.waiting += 1
            self._arrived.notify_all()
        self._open.wait()
        with self._arrived:
            self.waiting -= 1


@dataclass
class Rule:
    """One piece of trouble; `left` counts down, None means for ever."""

    pattern: re.Pattern[str]
    left: int | None = None
    answer: Answer | None = None
    damage: Damage | None = None
    seconds: float = 0.0
    hits: int = 0
    method: str = ""  # of the requests; "" for all
    skip: int = 0  # how many matching requests pass first
    hang_up: bool = False
    is_late: bool = False

    def stop(self) -> None:
        self.left = 0


@dataclass
class Trouble:
    """The faults for one request."""

    answer: Answer | None = None
    damage: Damage | None = None
    targeted: bool = False
    hang_up: bool = False
    is_late: bool = False  # after the request is carried out, not before


@dataclass
class Faults:
    """Random trouble at `rate` on the data endpoints, and targeted trouble by path.

    `kinds` holds status codes as text, "reset" (closed without an answer), "cut" (closed in
    mid-body), and, on chunks only because nothing else can tell, "short" (half the body with
    an honest length) and "checksum" (a changed byte). `hits` counts the random trouble by its
    kind. Patterns are searched in `path?query`, without prefix.
    """

    seed: int = 0
    rate: float = 0.0
    kinds: Collection[str] = ("429", "502", "cut", "short", "checksum")
    retry_after: int = 0
    rules: list[Rule] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    is_down: bool = False
    hits: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()

    # -- what tests call ----------------------------------------------------------------------

    def fail(
        self,
        pattern: str,
        *,
        status: int = 500,
        body: Any = "",
        times: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Rule:
        """Answer so. `body`: text becomes HTML, bytes stay bare, anything else JSON."""
        extra = list((headers or {}).items())
        if isinstance(body, bytes):
            answer = Answer(status, body, None, extra)
        elif isinstance(body, str):
            answer = Answer(status, body.encode(), HTML, extra)
        else:
            answer = json_answer(body, status, extra)
        return self._add(Rule(re.compile(pattern), times, answer=answer))

    def delay(self, pattern: str, seconds: float, times: int | None = None) -> Rule:
        return self._add(Rule(re.compile(pattern), times, seconds=seconds))

    def damage(self, pattern: str, kind: Damage, times: int | None = 1) -> Rule:
        return self._add(Rule(re.compile(pattern), times, damage=kind))

    def lose(
        self,
        pattern: str,
        *,
        status: int | None = None,
        carried_out: bool,
        method: str = "",
        skip: int = 0,
        times: int | None = 1,
    ) -> Rule:
        """Lose the answer to requests, before or after they are carried out: with this status, as
        of a proxy, or by closing the connection. The first `skip` matching requests pass."""
        answer = None if status is None else Answer(status, b"", HTML, [])
        rule = Rule(
            re.compile(pattern),
            times,
            answer=answer,
            method=method,
            skip=skip,
            hang_up=status is None,
            is_late=carried_out,
        )
        return self._add(rule)

    def hold(self, pattern: str) -> Hold:
        """Keep matching requests waiting until `release()` of the Hold."""
        hold = Hold(pattern)
        with self._lock:
            self.holds.append(hold)
        return hold

    def down(self) -> None:
        """Close every connection at once, new and old."""
        self.is_down = True

    def up(self) -> None:
        self.is_down = False

    def clear(self) -> None:
        """Remove all faults and release the held requests."""
        with self._lock:
            self.rules.clear()
            held, self.holds = self.holds, []
        for hold in held:
            hold.release()
        self.rate, self.is_down = 0.0, False

    # -- what the server asks -----------------------------------------------------------------

    def trouble(self, target: str, method: str = "") -> Trouble:
        """The faults for a request for `target`, after the waits that holds and delays demand."""
        for hold in [hold for hold in self.holds if hold.pattern.search(target)]:
            hold.stop_here()
        trouble = Trouble(hang_up=self.is_down)
        for rule in self._hit(target, method):
            time.sleep(rule.seconds)
            trouble.answer = trouble.answer or rule.answer
            trouble.damage = trouble.damage or rule.damage
            trouble.hang_up = trouble.hang_up or rule.hang_up
            trouble.is_late = trouble.is_late or rule.is_late
            trouble.targeted = trouble.damage is not None
        if DATA_PATH.match(target) and trouble.answer is None:
            self._roll(trouble)
        return trouble

    def _add(self, rule: Rule) -> Rule:
        with self._lock:
            self.rules.append(rule)
        return rule

    def _hit(self, target: str, method: str) -> list[Rule]:
        hit = []
        with self._lock:
            for rule in self.rules:
                is_meant = rule.method in ("", method) and rule.pattern.search(target)
                if rule.left == 0 or not is_meant:
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.hits += 1
                rule.left = None if rule.left is None else rule.left - 1
                hit.append(rule)
        return hit

    def _roll(self, trouble: Trouble) -> None:
        with self._lock:
            if not self.kinds or self._random.random() >= self.rate:
                return
            kind = self._random.choice(sorted(self.kinds))
            self.hits[kind] += 1
        if kind == "reset":
            trouble.hang_up = True
        elif kind == "cut":
            trouble.damage = "cut"
        elif kind in ("short", "checksum"):
            trouble.damage = trouble.damage or ("short" if kind == "short" else "checksum")
        else:
            headers = [("Retry-After", str(self.retry_after))] if kind == "429" else []
            trouble.answer = Answer(int(kind), b"", HTML, headers)


def damaged(answer: Answer, kind: Damage) -> Answer:
    """The answer with half its body or a changed byte; `cut` is up to the server."""
    body = answer.body
    if kind == "short":
        body = body[: len(body) // 2]
    elif kind == "checksum" and body:
        place = min(len(body), 1000) // 2
        body = body[:place] + bytes([body[place] ^ 0x55]) + body[place + 1 :]
    return Answer(answer.status, body, answer.content_type, answer.headers)


def is_chunk(answer: Answer) -> bool:
    return any(name == "X-Checksum" for name, _ in answer.headers)
