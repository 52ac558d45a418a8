"""Given–when–then for any aggregate: what happened, what is asked at which minute, what happens or who says no."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.kernel.decider import Aggregate, Context
from shared.kernel.messages import SHANGHAI, Actor, Event, Refused

OFFICE = Actor("office-1", "office")
SERVICE = Actor("service:test", "service")
COMMAND = UUID(int=1)  # the id of every command in these specs


def at(text: str) -> datetime:
    """`at("06-17 09:00")` is that moment of 2021 in Shanghai."""
    return datetime.strptime(f"2021-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@dataclass(frozen=True)
class Spec:
    """`others` are the pasts of other streams, by stream: a rule sees those that the aggregate `reads`."""

    aggregate: Aggregate[Any, Any, Any]
    past: tuple[Event, ...] = ()
    others: Mapping[str, Any] = field(default_factory=dict)

    def given(self, *events: Event) -> "Spec":
        return replace(self, past=(*self.past, *events))

    def beside(self, other: Aggregate[Any, Any, Any], stream: str, *events: Event) -> "Spec":
        return replace(self, others={**self.others, stream: other.decider.fold(events)})

    @property
    def state(self) -> Any:
        return self.aggregate.decider.fold(self.past)

    def when(self, command: Any, now: datetime, actor: Actor = OFFICE, id: UUID = COMMAND) -> "Outcome":
        seen = {s: self.others[s] for s in self.aggregate.reads(command) if s in self.others}
        try:
            events = self.aggregate.decider.decide(command, self.state, Context(now, actor, id, seen))
        except Refused as refusal:
            return Outcome(self, (), refusal)
        return Outcome(self, tuple(events), None)


@dataclass(frozen=True)
class Outcome:
    spec: Spec
    events: tuple[Event, ...]
    refusal: Refused | None

    def then(self, *events: Event) -> Spec:
        """Exactly these events happened. Gives the spec with them in its past."""
        assert self.refusal is None, self.refusal
        assert self.events == events
        return self.spec.given(*events)

    def happens(self) -> Spec:
        """Something happened, whatever it was: for the steps that lead to what a spec is about."""
        assert self.refusal is None, self.refusal
        assert self.events
        return self.spec.given(*self.events)

    def refused(self, rule: str, *words: str) -> None:
        """The rule said no, and the sentence contains the words."""
        assert self.refusal is not None, f"happened instead: {self.events}"
        assert self.refusal.rule == rule, self.refusal
        for word in words:
            assert word in self.refusal.sentence, self.refusal
