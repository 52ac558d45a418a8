"""The one shape of every aggregate (Chassaing's Decider), and all that a rule may know."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.kernel.messages import NOBODY, Actor, Claim, Command, Event

C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
S = TypeVar("S")


@dataclass(frozen=True)
class Context:
    """All that a rule may know beside its command and state.

    `id` is the command's own id: what a rule creates is named by `uuid5(id, …)`, so that a repeat names the same.
    `others` are the states of the streams that the command `reads`; append makes sure none has moved since.
    """

    now: datetime
    actor: Actor
    id: UUID = NOBODY
    others: Mapping[str, Any] = field(default_factory=dict)

    def see(self, decider: "Decider[Any, Any, S]", stream: str) -> S:
        """State of another stream that the aggregate's `reads` named."""
        state: S = self.others.get(stream, decider.initial)
        return state


@dataclass(frozen=True)
class Decider(Generic[C, E, S]):
    """`decide` says what happens, or refuses; `evolve` remembers it and never judges."""

    initial: S
    decide: Callable[[C, S, Context], list[E]]
    evolve: Callable[[S, E], S]

    def fold(self, events: Iterable[E]) -> S:
        return self.fold_from(self.initial, events)

    def fold_from(self, state: S, events: Iterable[E]) -> S:
        return reduce(self.evolve, events, state)


def nothing_read(_: Any) -> tuple[str, ...]:
    return ()


def stream_itself(stream: str, _: Context) -> str:
    return stream


def nothing_claimed(_: Any, __: str) -> list[Claim]:
    return []


@dataclass(frozen=True)
class Aggregate(Generic[C, E, S]):
    """A Decider with its place in the log.

    `kind` is the first word of its streams' ids (`registration` of `registration-2021-huangpu`);
    `stream` names the stream a command acts on (the command's id names what it creates); `reads` the other streams
    that its rules look at;
    `claims(event, stream)` what the event holds or gives up; `named` what a person calls the stream that holds it.
    """

    kind: str
    commands: tuple[type[C], ...]
    events: tuple[type[E], ...]
    decider: Decider[C, E, S]
    stream: Callable[[C, UUID], str]
    reads: Callable[[C], tuple[str, ...]] = nothing_read
    claims: Callable[[E, str], list[Claim]] = nothing_claimed
    named: Callable[[str, Context], str] = stream_itself
