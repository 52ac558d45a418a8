"""The words every service speaks: commands in, events out, refusals to people."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991
NOBODY = UUID(int=0)
COMMANDS = UUID("6f0c7d3a-54f5-5e0e-9f43-20210617cafe")  # namespace of every id the platform derives

Role = Literal["office", "unit", "inspector", "judge", "leader", "partner", "service"]


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PersonRef(Message):
    """Somebody, as events know them: whose (`person`), and which sealed record of details (`record`)."""

    person: UUID
    record: UUID


class Event(Message):
    """Something that happened; named in the past tense; never edited once released.

    `topic` is the Kafka topic it is published on, `version` the number of its schema.
    """

    topic: ClassVar[str]
    version: ClassVar[int] = 1

    @classmethod
    def type(cls) -> str:
        """CloudEvents `type`: `ligong.<owner>.<event_in_snake_case>.v<N>`."""
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        return f"{cls.topic}.{name}.v{cls.version}"


class Command(Message):
    """Something a person or a reaction wants; named as an imperative.

    `roles` may give it; a caller of role `unit` or with a unit of its own only for that unit (`unit` field).
    """

    roles: ClassVar[frozenset[Role]] = frozenset({"office"})
    title: ClassVar[str]  # what the user calls it, in Chinese


@dataclass(frozen=True)
class Actor:
    """Who acts, as the gateway vouches for them. `account` is a sign-in name, never a person's name."""

    account: str
    role: Role
    unit: str | None = None
    partner: str | None = None


class Refused(Exception):
    """A rule says no. `sentence` is what the person reads: what is wrong, and what to do."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(f"{rule} {sentence}")
        self.rule, self.sentence = rule, sentence


@dataclass(frozen=True)
class Claim:
    """A stream holds (or, with `release`, gives up) a key that is unique within a scope.

    `rule` and `sentence` are the refusal when another stream holds it; `{holder}` stands for that stream.
    """

    scope: str
    key: str
    rule: str
    sentence: str
    release: bool = False


@dataclass(frozen=True)
class Recorded:
    """An event as its owner's log keeps it. `data` is the newest version, upcast where it was older."""

    pos: int
    id: UUID
    stream: str
    version: int
    topic: str
    partition: int
    pseq: int
    type: str
    data: dict[str, Any]
    actor: str
    recorded: datetime
    correlation: str = ""
    causation: str = ""


def command_id(account: str, key: str) -> UUID:
    """The same person with the same Idempotency-Key always means the same command."""
    return uuid5(COMMANDS, f"{account}\0{key}")


def event_id(command: UUID, index: int) -> UUID:
    return uuid5(command, str(index))
