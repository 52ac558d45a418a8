"""Projections take large events in small batches: what is read of them takes many times their size."""

from shared.kernel.projector import MOST_BYTES, moderate


def test_a_batch_is_of_moderate_size_and_never_empty() -> None:
    small, large = {"data": "x" * 10}, {"data": "x" * (MOST_BYTES + 1)}
    assert moderate([]) == []
    assert moderate([small] * 1000) == [small] * 1000
    assert moderate([large, small]) == [large]
    assert moderate([small, small, large, small]) == [small, small]
    halves = [{"data": "x" * (MOST_BYTES // 2)}] * 5
    assert moderate(halves) == halves[:2]
