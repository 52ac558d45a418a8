"""How every service runs: its parts named once, started and stopped together."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg
import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.contracts import catalogue
from shared.kernel import api, problems
from shared.kernel.bus import Bus, Owners, Received, Subscription
from shared.kernel.clock import Clock, RealClock, ScenarioClock
from shared.kernel.decider import Aggregate
from shared.kernel.handle import Handler
from shared.kernel.messages import Actor, Command, Event, Recorded, Refused, event_id
from shared.kernel.people import Vault
from shared.kernel.problems import Problem
from shared.kernel.projector import Projection, Projector
from shared.kernel.relay import Relay
from shared.kernel.settings import Settings

log = structlog.get_logger()

React = Callable[[Event, Recorded], list[Command]]
Task = Callable[[], Awaitable[None]]


@dataclass
class Runtime:
    """What a running service has at hand. `tasks` run beside the server until it stops."""

    settings: Settings
    pool: Any
    clock: Clock
    http: aiohttp.ClientSession
    owners: Owners
    vault: Vault | None
    handler: Handler
    tasks: list[tuple[str, Task]]
    subscriptions: dict[str, tuple[str, ...]]  # topics by consumer


@dataclass(frozen=True)
class Service:
    """A service as its composition root names it.

    `reactions` turn another log's events (or its own) into commands; `extra` adds what only this service has;
    `status` adds to `/internal/status`.
    """

    name: str
    aggregates: Sequence[Aggregate[Any, Any, Any]] = ()
    router: APIRouter | None = None
    projections: Sequence[Projection] = ()
    reactions: React | None = None
    reacts_to: tuple[str, ...] = ()
    extra: Callable[[Runtime, FastAPI], Awaitable[None]] | None = None
    status: Callable[[Runtime], Awaitable[dict[str, Any]]] | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(e.topic for a in self.aggregates for e in a.events))


def reaction(service: str, react: React, topics: tuple[str, ...], handler: Handler) -> Subscription:
    """Commands that follow from events. Their ids follow from the event's, so that a repeat does nothing anew.

    A refusal is an answer: it is logged and the stream goes on.
    """
    me = Actor(f"service:{service}", "service")

    async def apply(_: Any, events: Sequence[Received]) -> None:
        for received in events:
            recorded = received.recorded
            for n, command in enumerate(react(received.event, recorded)):
                id = event_id(recorded.id, n)
                try:
                    await handler(command, me, id, correlation=recorded.correlation, causation=str(recorded.id))
                except Refused as refusal:
                    log.warning("reaction refused", command=type(command).__name__, rule=refusal.rule)
                except Problem as problem:
                    if problem.status == 503:  # nothing is wrong with the event: the consumer begins again
                        raise ConnectionError("the log could not be written") from problem
                    raise

    return Subscription(f"{service}-reactions", topics, apply, catalogue.read)


async def forever(name: str, task: Task) -> None:
    """Runs a task again whenever it ends, with growing waits; what it needs may come and go."""
    wait = 0.1
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await task()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("task ended", task=name, error=repr(error))
        wait = 0.1 if loop.time() - began > 10 else min(wait * 2, 5.0)
        await asyncio.sleep(wait)


async def check_deployment(pool: Any, kind: str) -> None:
    """A demo's databases are never served as real ones, nor the other way round."""
    found = await pool.fetchval("select kind from deployment")
    if found != kind:
        raise SystemExit(f"这个数据库属于{found or '未初始化'}环境，不能按{kind}环境启动；请核对 LIGONG_DEPLOYMENT。")


async def _as_it_is(_: Any) -> None:
    """Nothing to reset: whoever takes a connection leaves no session state; asyncpg's own costs a round trip."""


async def connect(url: str, most: int = 10) -> Any:
    return await asyncpg.create_pool(
        url,
        reset=_as_it_is,
        min_size=1,
        max_size=most,
        command_timeout=30,
        server_settings={"lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"},
    )


@contextlib.asynccontextmanager
async def running(service: Service, settings: Settings) -> AsyncIterator[Runtime]:
    """The service's parts, connected; its background tasks not yet started."""
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(contextlib.aclosing(_Pool(await connect(settings.database_url))))
        await check_deployment(pool.pool, settings.deployment)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)))
        clock: Clock = RealClock()
        if settings.deployment == "demo":
            ticking = await stack.enter_async_context(contextlib.aclosing(_Pool(await connect(settings.clock_url, 4))))
            clock = ScenarioClock(ticking.pool)
        vault = None
        if settings.vault_url:
            keys = await stack.enter_async_context(contextlib.aclosing(_Pool(await connect(settings.vault_url, 4))))
            vault = Vault(pool.pool, keys.pool, settings.vault_key)
        owners = Owners(http, settings.owner_of, settings.internal_key, service.name)
        handler = Handler(pool.pool, service.aggregates, clock, vault, settings.internal_key)
        runtime = Runtime(settings, pool.pool, clock, http, owners, vault, handler, [], {})
        _fill(service, runtime)
        yield runtime


class _Pool:
    def __init__(self, pool: Any) -> None:
        self.pool = pool

    async def aclose(self) -> None:
        self.pool.terminate()


def _fill(service: Service, runtime: Runtime) -> None:
    """The background tasks that follow from the service's parts."""
    dsn, brokers = runtime.settings.database_url, runtime.settings.brokers
    if service.aggregates:
        runtime.tasks.append(("relay", Relay(dsn, brokers, service.name, service.topics).run))
    for projection in service.projections:
        runtime.tasks.append((projection.name, Projector(dsn, runtime.pool, projection, catalogue.read).run))
    if service.reactions:
        subscribe(runtime, reaction(service.name, service.reactions, service.reacts_to, runtime.handler))


def subscribe(runtime: Runtime, subscription: Subscription) -> None:
    """Adds a consumer of other services' events to a service's tasks."""
    settings = runtime.settings
    bus = Bus(settings.database_url, runtime.pool, settings.brokers, subscription, runtime.owners)
    runtime.tasks.append((subscription.name, bus.run))
    runtime.subscriptions[subscription.name] = subscription.topics


def application(service: Service, settings: Settings) -> FastAPI:
    """The service as an ASGI application, its background tasks living as long as it does."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(service, settings) as runtime:
            app.state.runtime, app.state.pool, app.state.handler = runtime, runtime.pool, runtime.handler
            app.state.internal_key = settings.internal_key
            app.state.status = service.status
            if service.extra:
                await service.extra(runtime, app)
            tasks = [asyncio.create_task(forever(name, task), name=name) for name, task in runtime.tasks]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    app = FastAPI(title=service.name, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(problems.Bounded)
    problems.install(app)
    app.include_router(api.command_routes(service.name, service.aggregates))
    app.include_router(api.internal_routes())
    app.include_router(health_routes())
    if service.router:
        app.include_router(service.router)
    return app


def health_routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def ready(request: Request) -> JSONResponse:
        reasons = await unready(request.app.state.runtime)
        return JSONResponse({"status": "ok" if not reasons else "unready", "reasons": reasons}, 503 if reasons else 200)

    @router.get("/metrics")
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def unready(runtime: Runtime) -> dict[str, str]:
    """Dependencies that do not answer, each with its reason."""
    reasons = {}
    try:
        await runtime.pool.fetchval("select 1", timeout=2)
    except Exception as error:
        reasons["postgresql"] = type(error).__name__
    try:
        host, _, port = runtime.settings.brokers.split(",")[0].rpartition(":")
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), 2)
        writer.close()
    except (OSError, TimeoutError, ValueError) as error:
        reasons["kafka"] = type(error).__name__
    return reasons


def configure_logging() -> None:
    """JSON lines on standard output."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


async def serve(app: Any, host: str, port: int, stopping: Callable[[], None] | None = None) -> None:
    """Serves until SIGTERM or SIGINT, and until every answer has ended: `stopping` ends those that never would."""
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, log_level=LogLevels.warning)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping is not None:
            stopping()
        server.stop()  # type: ignore[no-untyped-call]

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    # What has been loaded stays: without this the collector goes through all of it again and again, amid requests.
    gc.collect()
    gc.freeze()
    await server.serve()


def run(service: Service) -> None:
    """`python -m services.<name>.app`."""
    configure_logging()
    settings = Settings()  # from the environment
    asyncio.run(serve(application(service, settings), settings.host, settings.port))
