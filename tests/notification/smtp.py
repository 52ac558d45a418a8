"""A real mail server in the test's own loop, which does what the test tells it to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Literal

from aiosmtpd.smtp import SMTP

from tests.processes import free_port

Mood = Literal["takes", "refuses the recipient", "is busy", "refuses the content", "dies after the content", "hangs"]


@dataclass
class MailServer:
    """`taken` are the messages it has answered for; `seen` counts those whose content reached it."""

    port: int = field(default_factory=free_port)
    mood: Mood = "takes"
    taken: list[EmailMessage] = field(default_factory=list)
    seen: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=ligong@example.invalid"

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.mood == "refuses the recipient":
            return f"550 5.1.1 <{address}> unknown"
        if self.mood == "is busy":
            return f"451 4.3.0 <{address}> later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.seen += 1
        self.reached.set()
        match self.mood:
            case "dies after the content":
                server.transport.abort()
            case "hangs":
                await asyncio.Event().wait()
            case "refuses the content":
                return "554 5.6.0 no"
            case _:
                message = message_from_bytes(envelope.content, policy=default)
                assert isinstance(message, EmailMessage)
                self.taken.append(message)
        return "250 OK"


@contextlib.asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
