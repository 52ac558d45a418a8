"""`python -m services.scoring.worker`: the stream processor, and in one of the workers the builder of the boards."""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

import structlog
from fastapi import FastAPI

from services.scoring.builder import Builder
from services.scoring.catchup import catch_up
from services.scoring.intake import TOPICS, Intake, Partition
from services.scoring.live import App, Ended, Inbox, stream
from services.scoring.watchdog import Watchdog
from shared.contracts import catalogue
from shared.kernel import topics
from shared.kernel.publish import Publisher
from shared.kernel.service import Runtime, Service, run
from shared.kernel.topics import BOARDS

log = structlog.get_logger()


def give_up(reason: str) -> NoReturn:
    """Everything is in the database: being started again is the way back from anything that got stuck."""
    log.error("worker gives up, to be started again", reason=reason)
    sys.stdout.flush()
    os._exit(1)


class Worker:
    def __init__(self, runtime: Runtime) -> None:
        self._brokers = runtime.settings.brokers
        self._intake = Intake(runtime.pool, catalogue.read)
        self._inbox = Inbox(self._intake)
        self._app: App | None = None
        publisher = Publisher(self._brokers, BOARDS)
        builder = Builder(runtime.settings.database_url, runtime.clock, publisher)
        watchdog = Watchdog(self._intake, runtime.owners, self._position, give_up)
        runtime.tasks += [
            ("inbox", self._inbox.run),
            ("stream", self._stream),
            ("builder", builder.run),
            ("publisher", publisher.run),
            ("watchdog", watchdog.run),
        ]
        runtime.subscriptions["scoring"] = TOPICS

    async def _stream(self) -> None:
        instance = os.environ.get("LIGONG_WORKER", "worker-0")
        await topics.create(self._brokers, TOPICS)
        await catch_up(self._brokers, self._intake)
        try:
            await stream(self._brokers, instance, self._intake, self._inbox, self._started)
        except Ended as error:
            give_up(f"the stream processor ended: {error}")

    def _started(self, app: App) -> None:
        self._app = app

    def _position(self) -> Mapping[Partition, tuple[int, int | None]]:
        if self._app is None:
            return {}
        consumer = self._app.consumer
        return {
            (tp.topic, tp.partition): (reached, consumer.end(tp) or None)
            for tp, reached in self._inbox.reached.items()
            if tp in consumer.assignment()
        }


async def extra(runtime: Runtime, _: FastAPI) -> None:
    Worker(runtime)


if __name__ == "__main__":
    run(Service("scoring", extra=extra))
    os._exit(0)  # Faust's consumer thread is no daemon, and may be waiting for a broker that has gone
