"""The scoring worker without its bulk catch-up, so that a backlog measures the way through Faust."""

import os

from services.scoring import worker
from services.scoring.intake import Intake
from shared.kernel.service import Service, run


async def nothing(brokers: str, intake: Intake) -> int:
    """Leaves everything to the stream."""
    await intake.reload()
    return 0


if __name__ == "__main__":
    worker.catch_up = nothing  # type: ignore[attr-defined]
    run(Service("scoring", extra=worker.extra))
    os._exit(0)
