"""What a scheme gives for facts, and how boards rank."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.scheme import (
    Board,
    Subject,
    Tally,
    boards,
    checksum,
    contribution,
    half_up,
    in_words,
)
from shared.contracts.season import Line
from tests.scoring.year import DOCUMENT


def line(**more: Any) -> Line:
    given: dict[str, Any] = {"id": "l", "name": "样例", "kind": "activity", "source": "sample", "points": "1.5", **more}
    return Line.model_validate(given)


def of(id: str, tallies: dict[Subject, Tally]) -> Board:
    return next(board for board in boards(DOCUMENT, tallies) if board.id == id)


def points(board: Board) -> dict[str, int]:
    return {row.unit: row.points for row in board.rows}


def test_sco_2_fixed_is_given_once() -> None:
    """SCO-2"""
    assert [contribution(line(formula="fixed"), Tally(n, n)) for n in (0, 1, 5)] == [0, 150, 150]


def test_sco_2_per_event_stops_at_its_cap() -> None:
    """SCO-2"""
    capped = line(formula="per_event", cap="4")
    assert [contribution(capped, Tally(n, n)) for n in (0, 1, 2, 3, 9)] == [0, 150, 300, 400, 400]
    assert contribution(line(formula="per_event"), Tally(9, 9)) == 1350


def test_sco_2_a_deduction_takes_at_most_its_cap() -> None:
    """SCO-2"""
    late = line(kind="late_paper", formula="deduction", cap="2")
    assert [contribution(late, Tally(n, n)) for n in (0, 1, 2)] == [0, -150, -200]


def test_sco_3_a_mean_is_rounded_once() -> None:
    """SCO-3: of 12 points, three visits of 88.88, 77.77 and 66.67 give 12 × 0.7777333…, that is 9.3328 → 9.33."""
    mean = line(kind="visit", formula="mean", points="12")
    assert contribution(mean, Tally(3, 8888 + 7777 + 6667)) == 933
    assert contribution(mean, Tally(0, 0)) == 0
    assert contribution(mean, Tally(1, 10000)) == 1200


def test_sco_3_halves_go_up() -> None:
    """SCO-3"""
    assert [half_up(Fraction(n, 2)) for n in (1, 2, 3, -1)] == [1, 1, 2, 0]


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 10**4))
def test_sco_3_a_mean_is_never_off_by_more_than_half(each: int, total: int, n: int) -> None:
    """SCO-3"""
    mean = line(kind="visit", formula="mean").model_copy(update={"points": each})
    assert abs(contribution(mean, Tally(n, total)) - Fraction(each * total, n * 10000)) <= Fraction(1, 2)


def test_every_unit_is_on_its_boards_from_the_start() -> None:
    sizes = {board.id: len(board.rows) for board in boards(DOCUMENT, {})}
    assert sizes == {"overall": 20, "district": 16, "municipal": 4, "area-1": 20, "area-2": 20, "area-3": 20}
    assert all(row.rank == 1 and row.points == 0 for board in boards(DOCUMENT, {}) for row in board.rows)


def test_sco_5_ties_share_a_rank_and_the_next_is_skipped() -> None:
    """SCO-5: 1, 2, 2, 4."""
    done = {"putuo": 3, "huangpu": 2, "zongdui": 2, "xuhui": 1}
    board = of("overall", {Subject(unit, "activity", "1.2", None): Tally(n, n) for unit, n in done.items()})
    assert [(row.rank, row.unit) for row in board.rows[:5]] == [
        (1, "putuo"),
        (2, "huangpu"),
        (2, "zongdui"),
        (4, "xuhui"),
        (5, "changning"),
    ]


def test_boards_differ_in_units_and_lines() -> None:
    tallies = {
        Subject("putuo", "activity", "1.2", None): Tally(2, 2),
        Subject("putuo", "activity", "2.1", None): Tally(1, 1),
        Subject("zongdui", "visit", None, "final"): Tally(1, 9000),
    }
    assert points(of("overall", tallies))["putuo"] == 300
    assert points(of("area-1", tallies))["putuo"] == 200
    assert points(of("area-2", tallies))["putuo"] == 100
    assert points(of("overall", tallies))["zongdui"] == 900
    assert points(of("area-1", tallies))["zongdui"] == 0
    assert "putuo" in points(of("district", tallies))
    assert "putuo" not in points(of("municipal", tallies))


def test_an_activity_line_of_an_area_counts_the_items_of_that_area() -> None:
    area = line(id="all-2", formula="per_event", points="1", area="2")
    scheme = DOCUMENT.scheme.model_copy(update={"lines": (area,)})
    document = DOCUMENT.model_copy(update={"scheme": scheme})
    tallies = {Subject("putuo", "activity", item, None): Tally(1, 1) for item in ("1.1", "2.1", "2.3")}
    (board,) = (board for board in boards(document, tallies) if board.id == "overall")
    assert points(board)["putuo"] == 200


def test_who_is_not_in_the_directory_is_on_no_board() -> None:
    tallies = {Subject("elsewhere", "activity", "1.1", None): Tally(9, 9)}
    assert all(row.points == 0 for board in boards(DOCUMENT, tallies) for row in board.rows)


def test_sco_1_a_checksum_covers_every_point() -> None:
    """SCO-1: equal boards have equal checksums, others not."""
    one = {Subject("putuo", "activity", "1.2", None): Tally(2, 2)}
    other = {Subject("putuo", "activity", "2.1", None): Tally(2, 2)}
    assert checksum(of("overall", one).rows) == checksum(of("overall", dict(one)).rows)
    assert checksum(of("overall", one).rows) != checksum(of("overall", other).rows)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"formula": "fixed"}, "有即得1.50分"),
        ({"formula": "per_event", "cap": "9"}, "每次1.50分，最高9.00分"),
        ({"formula": "deduction", "kind": "late_paper", "cap": "2"}, "每次扣1.50分，最多扣2.00分"),
        ({"formula": "mean", "kind": "visit"}, "按考评均分折算，满分1.50分"),
    ],
)
def test_formulas_are_told_in_words(more: dict[str, Any], words: str) -> None:
    assert in_words(line(**more)) == words
