"""Notification's composition root: `python -m services.notification.app`."""

from typing import Any

from fastapi import APIRouter, FastAPI

from services.notification import api, office, queue
from services.notification.deliveries import Deliveries, RegistrationContacts
from services.notification.mail import Server
from services.notification.timers import Timers, UpToDate
from shared.contracts import catalogue
from shared.kernel.bus import Subscription
from shared.kernel.service import Runtime, Service, run, subscribe

CONSUMER, TOPIC = "notification", "ligong.registration"


router = APIRouter()
router.include_router(api.router)
router.include_router(office.router)


async def _work(runtime: Runtime, _: FastAPI) -> None:
    settings = runtime.settings
    subscribe(runtime, Subscription(CONSUMER, (TOPIC,), queue.apply, catalogue.read))
    up_to_date = UpToDate(runtime.pool, runtime.owners, CONSUMER, TOPIC)
    timers = Timers(settings.database_url, runtime.clock, up_to_date, settings.deployment == "demo")
    contacts = RegistrationContacts(runtime.http, settings.registration_url, settings.internal_key)
    deliveries = Deliveries(settings.database_url, runtime.pool, contacts, Server.of(settings.smtp_url))
    runtime.tasks += [("timers", timers.run), ("e-mail", deliveries.run)]


async def _status(runtime: Runtime) -> dict[str, Any]:
    """`due`: reminders that are due and not yet given."""
    return {"due": await queue.due(runtime.pool, await runtime.clock.now())}


SERVICE = Service("notification", router=router, extra=_work, status=_status)

if __name__ == "__main__":
    run(SERVICE)
