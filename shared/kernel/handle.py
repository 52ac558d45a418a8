"""Command in, verdict out (guarantee 1): decide on the streams' states, append guarded by their versions."""

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import structlog

from shared.kernel import store
from shared.kernel.batch import Batcher
from shared.kernel.clock import Clock
from shared.kernel.decider import Aggregate, Context
from shared.kernel.lost import LOST
from shared.kernel.messages import Actor, Claim, Command, Event, Recorded, Refused, event_id
from shared.kernel.people import Person, Vault
from shared.kernel.problems import Problem, unavailable

log = structlog.get_logger()

CACHE = 20_000  # streams whose state is kept
ROUNDS = 8  # of deciding anew, when other instances keep moving the streams


@dataclass(frozen=True)
class Answer:
    """What a command did: the stream's version and the log's position after it, and its events."""

    stream: str
    version: int
    position: int
    events: tuple[tuple[UUID, str], ...]


@dataclass
class _Ask:
    command: Any
    actor: Actor
    id: UUID
    body: bytes
    aggregate: Aggregate[Any, Any, Any]
    expected: int | None
    correlation: str
    causation: str
    people: Sequence[Person]
    stream: str = ""
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.stream = self.aggregate.stream(self.command, self.id)
        self.needs = (self.stream, *self.aggregate.reads(self.command))


@dataclass
class _Round:
    """One batch being decided: the states as of the log, overlaid by what this batch would append."""

    states: dict[str, tuple[int, Any]]
    fresh: set[str]  # read from the log in this round
    touched: set[str] = field(default_factory=set)  # moved by an earlier command of this batch


@dataclass
class _Decided:
    ask: _Ask
    proposal: store.Proposal
    claims: Sequence[Claim]
    context: Context


class Handler:
    """Handles the commands of a service's aggregates; concurrent ones share a transaction."""

    def __init__(
        self,
        pool: Any,
        aggregates: Sequence[Aggregate[Any, Any, Any]],
        clock: Clock,
        vault: Vault | None,
        secret: str,
    ) -> None:
        self._pool, self._clock, self._vault = pool, clock, vault
        self._by_command = {command: aggregate for aggregate in aggregates for command in aggregate.commands}
        self._by_kind = {aggregate.kind: aggregate for aggregate in aggregates}
        self._events: dict[str, type[Event]] = {e.type(): e for a in aggregates for e in a.events}
        self._body_key = hashlib.sha256(b"body" + secret.encode()).digest()
        self._states: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self._batch: Batcher[_Ask, Answer] = Batcher(self._work)

    async def __call__(
        self,
        command: Command,
        actor: Actor,
        id: UUID,
        *,
        expected: int | None = None,
        correlation: str = "",
        causation: str = "",
    ) -> Answer:
        """Raises Refused (a rule says no) or Problem (403, 409 reused id, 412 other version, 503 outcome unknown)."""
        self._permit(command, actor)
        words = f"{type(command).__name__}\0{command.model_dump_json()}".encode()
        body = hmac.digest(self._body_key, words, "sha256")
        people: list[Person] = []
        if self._vault is not None:
            # the body too: details that were refused never stand in for those sent later under the same id
            command = self._vault.refer(command, uuid5(id, body.hex()), people)
        aggregate = self._by_command[type(command)]
        ask = _Ask(command, actor, id, body, aggregate, expected, correlation or str(id), causation or str(id), people)
        return await self._batch(ask)

    @staticmethod
    def _permit(command: Command, actor: Actor) -> None:
        if actor.role not in command.roles:
            raise Problem(403, f"您的角色不能办理“{command.title}”；如确需办理，请联系竞赛办。")
        if actor.role == "unit" and getattr(command, "unit", actor.unit) != actor.unit:
            raise Problem(403, f"只能为本单位办理“{command.title}”；如需代办，请联系竞赛办。")

    async def state(self, stream: str) -> tuple[int, Any]:
        """A stream's version and state as of now, for queries about one thing."""
        async with self._pool.acquire() as conn:
            return (await self._read(conn, [stream]))[stream]

    async def _read(self, conn: Any, streams: Sequence[str]) -> dict[str, tuple[int, Any]]:
        found = {}
        for stream, events in (await store.read_streams(conn, streams)).items():
            decider = self._by_kind[stream.partition("-")[0]].decider
            state = decider.fold(self._events[e.type].model_validate(e.data) for e in events)
            found[stream] = (len(events), state)
            self._keep(stream, found[stream])
        return found

    def _keep(self, stream: str, state: tuple[int, Any]) -> None:
        self._states[stream] = state
        self._states.move_to_end(stream)
        if len(self._states) > CACHE:
            self._states.popitem(last=False)

    async def _work(self, asks: Sequence[_Ask]) -> list[Answer | Exception]:
        answers: dict[int, Answer | Exception] = {}
        first: dict[UUID, int] = {}
        for n, ask in enumerate(asks):
            first.setdefault(ask.id, n)
        waiting = [(n, asks[n]) for n in first.values()]
        now = await self._clock.now()
        for _ in range(ROUNDS):
            if not waiting:
                break
            try:
                async with self._pool.acquire() as conn:
                    waiting = await self._round(conn, waiting, answers, now)
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
                await self._singly(waiting, answers, error)
                waiting = []
            except (*LOST, asyncpg.PostgresError) as error:
                log.warning("append not answered", error=repr(error), commands=len(waiting))
                self._states.clear()
                for n, _ask in waiting:
                    answers[n] = unavailable()
                waiting = []
        for n, _ask in waiting:
            answers[n] = unavailable()
        return [
            answers[first[ask.id]] if ask.body == asks[first[ask.id]].body else _reused()
            for ask in asks  # the same command twice in a batch: both learn what it did
        ]

    async def _singly(
        self, waiting: list[tuple[int, _Ask]], answers: dict[int, Answer | Exception], error: Any
    ) -> None:
        """One command's data broke the batch: each runs alone, and only the broken one fails."""
        if len(waiting) == 1:
            answers[waiting[0][0]] = Problem(422, "提交的内容无法保存，请检查是否含有特殊字符。")
            return
        for n, ask in waiting:
            (answers[n],) = await self._work([ask])

    async def _round(
        self,
        conn: Any,
        waiting: list[tuple[int, _Ask]],
        answers: dict[int, Answer | Exception],
        now: datetime,
    ) -> list[tuple[int, _Ask]]:
        """Decides and appends once; returns what has to be decided again on newer states."""
        here = await self._load(conn, [ask for _, ask in waiting])
        again: list[tuple[int, _Ask]] = []
        decided: list[tuple[int, _Decided]] = []
        for n, ask in waiting:
            try:
                outcome = self._decide(ask, here, now)
            except (Refused, Problem) as refusal:
                if here.fresh.issuperset(ask.needs) and here.touched.isdisjoint(ask.needs):
                    answers[n] = await self._repeated(conn, ask) or refusal
                else:
                    self._forget(ask)
                    again.append((n, ask))
                continue
            except Exception as fault:  # a fault in one rule is that command's alone
                log.exception("decide failed", command=type(ask.command).__name__)
                answers[n] = fault
                continue
            if isinstance(outcome, Answer):
                answers[n] = await self._repeated(conn, ask) or outcome
            else:
                decided.append((n, outcome))
        if decided:
            if self._vault is not None:
                await self._vault.keep([person for _, one in decided for person in one.ask.people])
            verdicts = await store.append(conn, [d.proposal for _, d in decided])
            for (n, one), verdict in zip(decided, verdicts, strict=True):
                answer = await self._answer(conn, one, verdict, here)
                if answer is None:
                    again.append((n, one.ask))
                else:
                    answers[n] = answer
        return again

    async def _load(self, conn: Any, asks: Sequence[_Ask]) -> _Round:
        streams = dict.fromkeys(stream for ask in asks for stream in ask.needs)
        missing = [stream for stream in streams if stream not in self._states]
        read = await self._read(conn, missing) if missing else {}
        return _Round({s: read.get(s) or self._states[s] for s in streams}, set(missing))

    def _decide(self, ask: _Ask, here: _Round, now: datetime) -> _Decided | Answer:
        version, state = here.states[ask.stream]
        others = {stream: here.states[stream][1] for stream in ask.needs[1:]}
        context = Context(now, ask.actor, ask.id, others)
        events: list[Event] = ask.aggregate.decider.decide(ask.command, state, context)
        if ask.expected is not None and ask.expected != version:
            raise Problem(412, "内容已被他人更新，请刷新页面查看最新内容后再提交。", version=version)
        if not events:
            return Answer(ask.stream, version, 0, ())
        new = [
            store.NewEvent(
                event_id(ask.id, n),
                ask.stream,
                version + n + 1,
                event.topic,
                event.type(),
                event.model_dump_json(),
            )
            for n, event in enumerate(events)
        ]
        if any("\\u0000" in event.data for event in new):
            raise Problem(422, "提交的内容含有不可见的控制字符，请删除后重试。")
        claims = [claim for event in events for claim in ask.aggregate.claims(event, ask.stream)]
        proposal = store.Proposal(
            command=ask.id,
            body=ask.body,
            actor=ask.actor.account,
            recorded=now,
            events=new,
            reads=[(stream, here.states[stream][0]) for stream in ask.needs[1:]],
            claims=[(claim, ask.stream) for claim in claims],
            correlation=ask.correlation,
            causation=ask.causation,
        )
        here.states[ask.stream] = (version + len(new), ask.aggregate.decider.fold_from(state, events))
        here.touched.add(ask.stream)
        return _Decided(ask, proposal, claims, context)

    async def _answer(
        self, conn: Any, one: _Decided, verdict: store.Verdict, here: _Round
    ) -> Answer | Exception | None:
        ask = one.ask
        match verdict.word:
            case "ok":
                last = one.proposal.events[-1]
                if here.states[ask.stream][0] == last.version:  # no later command of this batch may yet fail
                    self._keep(ask.stream, here.states[ask.stream])
                else:
                    self._states.pop(ask.stream, None)
                done = tuple((event.id, event.type) for event in one.proposal.events)
                return Answer(ask.stream, last.version, verdict.pos, done)
            case "again" | "reused":
                self._forget(ask)
                return await self._repeated(conn, ask)
            case "stale":
                self._forget(ask)
                return None
            case "taken":
                self._forget(ask)
                holder = ask.aggregate.named(verdict.holder or "", one.context)
                return self._taken(one.claims, holder)

    @staticmethod
    def _taken(claims: Sequence[Claim], holder: str) -> Refused:
        claim = next(claim for claim in claims if not claim.release)
        return Refused(claim.rule, claim.sentence.format(holder=holder))

    async def _repeated(self, conn: Any, ask: _Ask) -> Answer | Exception | None:
        """The first answer of a command that had already succeeded, rebuilt from its events."""
        found = await store.read_command(conn, ask.id)
        if found is None:
            return None
        body, events = found
        if body != ask.body:
            return _reused()
        return answer_of(events)

    def _forget(self, ask: _Ask) -> None:
        for stream in ask.needs:
            self._states.pop(stream, None)


def _reused() -> Problem:
    return Problem(409, "该请求标识（Idempotency-Key）已用于另一项内容，请换用新的标识。")


def answer_of(events: Sequence[Recorded]) -> Answer:
    last = events[-1]
    return Answer(last.stream, last.version, last.pos, tuple((event.id, event.type) for event in events))
