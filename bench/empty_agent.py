"""The floor of the live figure: a Faust agent that does nothing, with the worker's settings, on the same topics.

Ends once it has seen as many events as BENCH_EVENTS says, and prints events/s between the first and the last.
"""

import asyncio
import os
import time
from typing import Any

import faust

TOPICS = ("ligong.registration", "ligong.activity", "ligong.inspection")


class App(faust.App):  # type: ignore[misc]
    def _create_directories(self) -> None:
        """Nothing is kept in files."""


app = App(
    f"bench-empty-{os.getpid()}",
    broker=f"kafka://{os.environ['KAFKA_BOOTSTRAP_SERVERS']}",
    store="memory://",
    processing_guarantee="at_least_once",
    consumer_auto_offset_reset="earliest",
    broker_session_timeout=6,
    broker_heartbeat_interval=2,
    broker_rebalance_timeout=6,
    broker_request_timeout=30,
    stream_wait_empty=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    web_enabled=False,
)
topic = app.topic(*TOPICS, key_serializer="raw", value_serializer="raw", key_type=bytes, value_type=bytes)


@app.agent(topic, concurrency=1)  # type: ignore[untyped-decorator]
async def nothing(stream: Any) -> None:
    wanted, seen, began = int(os.environ["BENCH_EVENTS"]), 0, 0.0
    async for _ in stream.events():
        began = began or time.perf_counter()
        seen += 1
        if seen == wanted:
            print(seen / (time.perf_counter() - began), flush=True)
            os._exit(0)


async def main() -> None:
    await app.start()
    await app.wait_until_stopped()


if __name__ == "__main__":
    asyncio.run(main())
