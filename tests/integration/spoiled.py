"""Bad input of every kind, made from a body that is in order."""

import json
from collections.abc import Iterator
from typing import Any

NESTED = b"[" * 100_000 + b"]" * 100_000
STRINGS = {"U+0000": "坏\x00字", "a lone surrogate": "坏\ud800字", "an oversized string": "长" * 100_000}
TYPES = {"a list": [[]], "an object": {"": {}}, "a number": -1.5, "a boolean": True, "null": None}


def bodies(good: dict[str, Any], optional: tuple[str, ...] = ()) -> Iterator[tuple[str, bytes]]:
    """What was spoiled, and the body. `optional` fields, by dotted path, may be left out or null."""
    yield "nothing", b""
    yield "no JSON", b'{"season": 2021'
    yield "not UTF-8", json.dumps(good).encode().replace(b"2021", b'"\xff\xfe"', 1)
    yield "deeply nested", b'{"season":' + NESTED + b"}"
    yield "an endless number", json.dumps(good).encode().replace(b"2021", b"9" * 5000, 1)
    yield "not a number", json.dumps(good).encode().replace(b"2021", b"NaN", 1)
    yield "a raw NUL", json.dumps(good).encode().replace(b'"', b'"\0', 1)
    for name, value in TYPES.items():
        yield f"{name} instead", json.dumps(value).encode()
    for key in ("unknown", "", "\x00", "\ud800", "长" * 10_000):
        yield f"the unknown field {key[:10]!r}", _encoded({**good, key: 1})
    for path, value in _leaves(good):
        dotted = ".".join(map(str, path))
        if dotted not in optional and isinstance(path[-1], str):
            yield f"{dotted} left out", _encoded(_without(good, path))
        for name, wrong in (STRINGS if isinstance(value, str) else {}).items():
            yield f"{dotted} with {name}", _encoded(_with(good, path, wrong))
        for name, other in TYPES.items():
            fits = isinstance(other, bool) and isinstance(value, bool | int)
            if not fits and not (other is None and dotted in optional):
                yield f"{dotted} as {name}", _encoded(_with(good, path, other))


def _encoded(body: Any) -> bytes:
    return json.dumps(body).encode()  # ASCII: what is not is escaped, a lone surrogate too


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _leaves(inner, (*path, key))
        case list():
            for n, inner in enumerate(value):
                yield from _leaves(inner, (*path, n))
        case _:
            yield path, value


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _without(value[path[0]], path[1:])
    return copy


KEYS = ("", " ", "键", "a b", "x" * 201)  # as Idempotency-Key
VERSIONS = ("", "3", '"x"', '"-1"', '"1234567890"', "W/" + '"3"', '"3"' * 30)  # as If-Match
HEADERS = (
    *({"Idempotency-Key": key} for key in KEYS),
    {},
    *({"Idempotency-Key": "k", "If-Match": version} for version in VERSIONS),
)

# Query strings that any list refuses.
LISTS = (
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=many",
    "limit=1.5",
    "limit=99999999999999999999999999",
    "sort=password",
    "sort=--order",
    "sort=version;drop%20table%20event",
    "sort=%00",
    "sort=" + "x" * 500,
    "cursor=x",
    "cursor=%E5%9D%8F",
    "cursor=AAAAAAAAAAAAAAAAWyJvcmRlciIsIjEiLCJodWFuZ3B1Il0",
    "cursor=" + "A" * 5000,
    "min_position=-1",
    "min_position=x",
    "min_position=9223372036854775808",
    "unknown=1",
    "%00=1",
    "%FF%FE=1",
)
YEARS = ("x", "21", "1999", "2101", "-2021", "2021.5", "999999999999999999999", "%00", "%ED%A0%80", "2021%20or%201=1")
UNITS = ("HUANGPU", "1", "x" * 33, "a%00b", "%ED%A0%80", "huang-pu", "huangpu'", "%E9%BB%84%E6%B5%A6", "huangpu%0a")
