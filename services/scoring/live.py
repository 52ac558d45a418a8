"""Faust: carries the owners' records to the intake as they come, gathered into transactions (guarantee 4).

Faust's committed offsets are never the truth: it can commit past a message in flight, and acknowledges one whose
agent raised. Every assignment begins at the cursors in PostgreSQL, and what is acknowledged has been written.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import faust
import structlog
from faust.sensors.monitor import Monitor
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP, EventT
from mode.services import WaitResults

from services.scoring.intake import TOPICS, Intake, Record
from shared.kernel import cursors
from shared.kernel.lost import LOST
from shared.kernel.sequence import Cursor

log = structlog.get_logger()

FULL = 1000  # records in a transaction
MOST = 4 * FULL  # records waiting to be written before the stream is held up
STOP = 3.0  # seconds that the stream processor may take to stop
METADATA = 5000  # milliseconds until topics that came back after the worker, when Kafka was wiped, are seen
LINGER = 0.05  # seconds that a batch may wait for more when Kafka is known to hold more


class Inbox:
    """Records on their way from the stream to the intake: the next batch gathers while one is being written."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._waiting: list[EventT[Any]] = []
        self._some, self._flush, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.reached: dict[TP, int] = {}  # the offset that comes next from each partition

    async def put(self, event: EventT[Any], more: bool) -> None:
        """`more` if further records are known to be on their way: the batch waits for them a little."""
        self.reached[event.message.tp] = event.message.offset + 1
        self._waiting.append(event)
        self._some.set()
        if not more or len(self._waiting) >= FULL:
            self._flush.set()
        if len(self._waiting) >= MOST:
            self._room.clear()
            await self._room.wait()

    async def run(self) -> None:
        """Writes batches until the process ends."""
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._flush.wait(), LINGER)
            batch, self._waiting = self._waiting[:FULL], self._waiting[FULL:]
            if not self._waiting:
                self._some.clear()
                self._flush.clear()
            self._room.set()
            await self._surely([_record(event.message) for event in batch])
            for event in batch:
                event.ack()

    async def _surely(self, records: Sequence[Record]) -> None:
        """Tries again for as long as the database is away: what was taken from the stream is not taken twice."""
        wait = 0.05
        while True:
            try:
                return await self._intake.take(records)
            except cursors.AGAIN as error:
                log.warning("facts not written, trying again", records=len(records), error=repr(error))
            await asyncio.sleep(wait)
            wait = min(2 * wait, 2.0)
            with suppress(*LOST):
                await self._intake.reload()


def _record(message: Any) -> Record:
    timestamp = int((message.timestamp or 0) * 1000)
    return Record(message.topic, message.partition, message.offset, timestamp, message.headers or (), message.value)


def consumer_at_cursors(intake: Intake, inbox: Inbox) -> type[Consumer]:
    """Faust's consumer, beginning at our cursors instead of the offsets that Faust committed.

    Seeking when partitions are assigned would race with Faust's recovery, which calls this as its last step.
    """

    class CursorConsumer(Consumer):  # type: ignore[misc]
        async def seek_to_committed(self) -> Mapping[TP, int]:
            await intake.reload()
            assigned = self.assignment()
            ends = await self.highwaters(*assigned)
            offsets = {}
            for tp in assigned:
                hint = intake.cursors.get((tp.topic, tp.partition), Cursor()).hint
                offsets[tp] = hint if hint <= (ends[tp] or 0) else 0  # beyond the end: another Kafka
            self.app.flow_control.clear()
            await self.seek_wait(offsets)
            inbox.reached = dict(offsets)
            log.info("partitions assigned", partitions=len(offsets))
            return offsets

        def end(self, tp: TP) -> int:
            """The offset after the last record that Kafka is known to hold; 0 for a partition no longer ours."""
            try:
                return self.highwater(tp) or 0
            except AssertionError:
                return 0

        def verify_event_path(self, now: float, tp: TP) -> None:
            """Whether the stream stands still is for the watchdog to see, which knows the owners' heads."""

        async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:
            """Hands a message to its stream without the four tasks that Faust makes for each, while there is room.

            With room the hand-over cannot block, so there is nothing that a suspended flow would have to break off.
            """
            if len(coros) != 2 or self._buffered_partitions or self.suspend_flow.is_set() or self.should_stop:
                return await super().wait_first(*coros, timeout=timeout)
            delivery, suspended = coros
            suspended.close()
            return WaitResults([delivery], [await delivery], False)

    return CursorConsumer


class App(faust.App):  # type: ignore[misc]
    def _create_directories(self) -> None:
        """Nothing of ours is kept in files."""


class Undecoded(faust.Schema):  # type: ignore[misc]
    """Records as they are: whatever is in them, or missing, is the intake's to judge."""

    def compile(self, app: Any, **_: Any) -> Any:
        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(message.key, message.value or b"", None, message)

        return decode


class NoMonitor(Monitor):  # type: ignore[misc]
    """Faust's own statistics of every message cost more than what they tell: we count records and lag ourselves."""

    def on_message_in(self, *_: Any) -> None: ...

    def on_message_out(self, *_: Any) -> None: ...

    def on_stream_event_in(self, *_: Any) -> None: ...

    def on_stream_event_out(self, *_: Any) -> None: ...

    def track_tp_end_offset(self, *_: Any) -> None: ...


def application(brokers: str, instance: str, intake: Intake, inbox: Inbox) -> App:
    """The stream processor, not yet started. `instance` names this worker for good, so that it rejoins at once."""
    app = App(
        "ligong-scoring",
        broker=[f"kafka://{broker}" for broker in brokers.split(",")],
        store="memory://",
        processing_guarantee="at_least_once",
        consumer_group_instance_id=instance,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=6,
        broker_heartbeat_interval=2,
        broker_rebalance_timeout=6,
        broker_request_timeout=30,
        consumer_metadata_max_age_ms=METADATA,
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        Monitor=NoMonitor,
    )
    app.transport.Consumer = consumer_at_cursors(intake, inbox)
    topic = app.topic(*TOPICS, schema=Undecoded())

    async def receive(stream: Any) -> None:
        unacknowledged = stream.noack()
        queue = unacknowledged.channel.queue
        async for _ in unacknowledged:
            event = unacknowledged.current_event
            message = event.message
            await inbox.put(event, not queue.empty() or message.offset + 1 < app.consumer.end(message.tp))

    app.agent(topic, name="facts", concurrency=1)(receive)
    return app


class Ended(Exception):
    """The stream processor has stopped by itself."""


async def stream(brokers: str, instance: str, intake: Intake, inbox: Inbox, started: Callable[[App], None]) -> None:
    """Runs the stream processor on topics that exist, until it breaks. Raises Ended."""
    app = application(brokers, instance, intake, inbox)
    try:
        await app.start()
        started(app)
        await app.wait_until_stopped()
    except Exception as error:
        raise Ended(repr(error)) from error
    else:
        raise Ended(repr(app.crash_reason))
    finally:
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(app.stop(), STOP)
