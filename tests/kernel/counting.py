"""A tiny aggregate that the kernel's tests speak: a counter that may not pass its limit, and may hold a name."""

from dataclasses import dataclass, replace
from typing import ClassVar, assert_never

from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Claim, Command, Event, Refused


class CountingEvent(Event):
    topic: ClassVar[str] = "ligong.registration"
    name: str


class Counted(CountingEvent):
    by: int


class Named(CountingEvent):
    label: str


class Unnamed(CountingEvent):
    label: str


class Count(Command):
    roles: ClassVar = frozenset({"office", "unit"})
    title: ClassVar[str] = "计数"
    name: str
    by: int = 1
    unit: str = "huangpu"


class TakeName(Command):
    title: ClassVar[str] = "取名"
    name: str
    label: str


class DropName(Command):
    title: ClassVar[str] = "去名"
    name: str
    label: str


@dataclass(frozen=True)
class Counter:
    total: int = 0
    times: int = 0
    label: str | None = None


LIMIT = 1000
CountingCommand = Count | TakeName | DropName
AnyEvent = Counted | Named | Unnamed


def decide(cmd: CountingCommand, state: Counter, ctx: Context) -> list[AnyEvent]:
    match cmd:
        case Count():
            if state.total + cmd.by > LIMIT:
                raise Refused("CNT-1", "超过上限，请减少数量。")
            return [Counted(name=cmd.name, by=cmd.by)]
        case TakeName():
            if state.label is not None:
                raise Refused("CNT-2", "已有名称，请先去掉。")
            return [Named(name=cmd.name, label=cmd.label)]
        case DropName():
            if state.label != cmd.label:
                raise Refused("CNT-3", "没有这个名称，请核对。")
            return [Unnamed(name=cmd.name, label=cmd.label)]
        case _:
            assert_never(cmd)


def evolve(state: Counter, event: AnyEvent) -> Counter:
    match event:
        case Counted(by=by):
            return replace(state, total=state.total + by, times=state.times + 1)
        case Named(label=label):
            return replace(state, label=label)
        case Unnamed():
            return replace(state, label=None)
        case _:
            assert_never(event)


def claims(event: AnyEvent, stream: str) -> list[Claim]:
    if isinstance(event, Counted):
        return []
    sentence = "名称已被{holder}使用，请换一个。"
    return [Claim("label", event.label, "CNT-4", sentence, release=isinstance(event, Unnamed))]


counter: Aggregate[CountingCommand, AnyEvent, Counter] = Aggregate(
    kind="counter",
    commands=(Count, TakeName, DropName),
    events=(Counted, Named, Unnamed),
    decider=Decider(Counter(), decide, evolve),
    stream=lambda cmd, _: f"counter-{cmd.name}",
    claims=claims,
    named=lambda stream, _: stream.removeprefix("counter-"),
)
