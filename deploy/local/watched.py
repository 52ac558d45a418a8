"""An engine that is started again when it dies."""

import logging
import threading

from deploy.local.kafka import Kafka
from deploy.local.postgres import PostgreSQL
from deploy.local.trouble import Trouble

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0


class Watched:
    """From `start` to `stop` the engine runs, but for the moments after its death."""

    def __init__(self, engine: PostgreSQL | Kafka) -> None:
        self._engine = engine
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # held while it starts or stops, so that no stop misses a start
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Raises Trouble if it does not start at all."""
        with self._lock:
            self._engine.start()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            self._engine.stop()

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while True:
            self._engine.join()
            with self._lock:
                if self._stopping.is_set():
                    return
                try:
                    self._engine.start()
                    pause = FIRST_PAUSE
                except Trouble as trouble:
                    logging.warning("%s", trouble)
            if self._engine.pid is None and self._stopping.wait(pause):
                return
            pause = min(pause * 2, LONGEST_PAUSE) if self._engine.pid is None else FIRST_PAUSE
