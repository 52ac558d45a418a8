"""A local mail server for the demo: whatever is sent to it becomes a readable file in a folder."""

import re
from email import policy
from email.parser import BytesParser
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Keep:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = sum(1 for _ in folder.glob("*.eml"))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message with its text undecoded from transport encodings, so that any editor shows it."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message = BytesParser(policy=policy.default).parsebytes(content)
        for part in message.walk():
            if part.get_content_maintype() == "text" and "attachment" not in (part["Content-Disposition"] or ""):
                part.set_content(part.get_content(), subtype=part.get_content_subtype(), cte="8bit")
        self._count += 1
        subject = re.sub(r"[^\w-]+", "-", str(message["Subject"] or ""))[:60].strip("-")
        name = f"{self._count:05d}-{envelope.rcpt_tos[0]}-{subject}.eml".replace("/", "-")
        (self._folder / name).write_bytes(message.as_bytes(policy=policy.default.clone(utf8=True, refold_source="all")))
        return "250 OK"


class Mailbox:
    """Listens on 127.0.0.1:`port` from `start` to `stop`."""

    def __init__(self, folder: Path, port: int) -> None:
        self._controller = Controller(_Keep(folder), hostname="127.0.0.1", port=port)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()
