"""Feeds' composition root: `python -m services.feeds.app`."""

import asyncio

from fastapi import FastAPI

from services.feeds import api
from services.feeds.entries import Filling
from services.feeds.model import agreements
from services.feeds.news import News
from shared.contracts import catalogue
from shared.contracts.activity import ActivityEvent
from shared.kernel.bus import Subscription
from shared.kernel.service import Runtime, Service, application, configure_logging, serve, subscribe
from shared.kernel.settings import Settings

CONSUMER = "feeds"


async def _work(runtime: Runtime, app: FastAPI) -> None:
    filling = Filling(runtime.clock)
    # FED-2: a feed never passes over an event: what it cannot read or store stops it.
    subscription = Subscription(CONSUMER, (ActivityEvent.topic,), filling.apply, catalogue.read, bury=False)
    subscribe(runtime, subscription)
    app.state.news = News(runtime.settings.database_url)
    runtime.tasks.append(("news", app.state.news.run))


SERVICE = Service("feeds", [agreements], router=api.router, extra=_work)


def main() -> None:
    configure_logging()
    settings = Settings()
    app = application(SERVICE, settings)

    def end_streams() -> None:
        if hasattr(app.state, "news"):  # it is not, when stopped before it has started
            app.state.news.end()

    asyncio.run(serve(app, settings.host, settings.port, end_streams))


if __name__ == "__main__":
    main()
