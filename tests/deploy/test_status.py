"""`ligong status` puts the owners' heads and the consumers' cursors together."""

from typing import Any

from deploy.local.status import Consumer, Log, summary

OWNER: dict[str, Any] = {
    "pos": 12,
    "relayed": 10,
    "heads": {"ligong.registration/0": 7, "ligong.registration/1": 5},
    "cursors": [],
    "projections": {"registration-lists": 11},
    "subscriptions": {},
    "dead_letters": {},
}
CONSUMER: dict[str, Any] = {
    "pos": 0,
    "relayed": 0,
    "heads": {},
    "cursors": [{"consumer": "facts", "at": "ligong.registration/0", "pseq": 6}],
    "projections": {},
    "subscriptions": {"facts": ["ligong.registration"]},
    "dead_letters": {"facts": 1},
}


def test_lag_counts_partitions_without_a_cursor() -> None:
    told = summary({"registration": OWNER, "scoring": CONSUMER})
    assert told.logs == [Log("registration", 12, 10)]
    assert told.consumers == [
        Consumer("registration", "registration-lists", 11, 1, 0),
        Consumer("scoring", "facts", 6, 6, 1),
    ]
    assert not told.settled


def test_settled_is_when_nothing_is_behind_and_nobody_silent() -> None:
    done = {**OWNER, "relayed": 12, "projections": {"registration-lists": 12}}
    assert summary({"registration": done}).settled
    assert not summary({"registration": done, "feeds": None}).settled
    assert summary({"registration": done, "feeds": None}).silent == ["feeds"]
