"""Guarantee 3 as one decision: what a consumer does with the record at hand."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.kernel.envelope import Place
from shared.kernel.messages import NOBODY

Judgement = Literal["apply", "duplicate", "gap", "fork"]


@dataclass(frozen=True)
class Cursor:
    """The last event applied of a partition. `hint` is the Kafka offset after it."""

    pseq: int = 0
    last: UUID = NOBODY
    epoch: int = 1
    hint: int = 0

    def judge(self, here: Place) -> Judgement:
        """Exactly the next event is applied.

        A lower number is a duplicate; a higher one a gap; the next number after another predecessor, or the last
        number with another id, a fork: the log was restored from a backup that had not seen what we have.
        """
        if here.pseq == self.pseq + 1:
            return "apply" if here.previd == self.last else "fork"
        if here.pseq > self.pseq:
            return "gap"
        return "fork" if here.pseq == self.pseq and here.id != self.last else "duplicate"

    def after(self, here: Place, hint: int) -> "Cursor":
        return Cursor(here.pseq, here.id, here.epoch, hint)
