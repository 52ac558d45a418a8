"""Guarantee 3 as a property: however records are repeated, reordered and resent, each is applied once, in order."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.envelope import Place
from shared.kernel.messages import NOBODY
from shared.kernel.sequence import Cursor


def place(pseq: int, id: int | None = None, previd: int | None = None) -> Place:
    return Place(
        pseq,
        UUID(int=id or pseq),
        UUID(int=previd if previd is not None else pseq - 1),
        1,
        "ligong.test.done.v1",
        "a-1",
    )


@given(st.integers(1, 12), st.lists(st.integers(1, 12), max_size=60), st.randoms())
def test_any_delivery_then_a_republish_applies_each_once_in_order(last: int, noise: list[int], _: object) -> None:
    cursor, applied = Cursor(), []
    delivered = [n for n in noise if n <= last]
    resent = [n for start in range(1, last + 1) for n in range(start, last + 1)]
    for n in [*delivered, *resent]:
        here = place(n)
        if cursor.judge(here) == "apply":
            applied.append(n)
            cursor = cursor.after(here, 0)
    assert applied == list(range(1, last + 1))


def test_the_same_number_with_another_id_is_a_fork() -> None:
    cursor = Cursor().after(place(1), 1)
    assert cursor.judge(place(1, id=99)) == "fork"
    assert cursor.judge(place(2, previd=99)) == "fork"
    assert cursor.judge(place(1)) == "duplicate"
    assert cursor.judge(place(3)) == "gap"


def test_a_first_event_follows_nobody() -> None:
    assert Cursor().judge(place(1)) == "apply"
    assert Cursor().last == NOBODY
    assert Cursor().judge(place(1, previd=7)) == "fork"
