"""The e-mail channel: one message over SMTP, and what is known of its fate."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPException,
    SMTPResponseException,
)

TIMEOUT = 20  # seconds for each step of the conversation

Fate = Literal["sent", "refused", "failed", "unknown"]


@dataclass(frozen=True)
class Outcome:
    """`refused`: never deliverable; `failed`: not sent, may be tried again; `unknown`: perhaps sent.

    `reason` is for the office. It never holds the server's words, which may name the recipient.
    """

    fate: Fate
    reason: str | None = None


class NotSent(Exception):
    """Nothing was handed over: carries the outcome `refused` or `failed`."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True)
class Letter:
    """`id` is the Message-ID's local part: a repeat by the office carries the same."""

    id: str
    to: str
    subject: str
    text: str


@dataclass(frozen=True)
class Server:
    """A mail server as `SMTP_URL` names it: `smtp[s]://[user:password@]host[:port][?from=address]`."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None
    sender: str

    @classmethod
    def of(cls, url: str) -> "Server | None":
        """None when no server is configured. Raises ValueError for anything that is no such URL."""
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL must be smtp://host:port or smtps://host:port")
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls else 25),
            tls=tls,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            sender=parse_qs(parts.query).get("from", ["ligong@localhost"])[0],
        )

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[SMTP]:
        """A conversation, signed in, in which nothing is handed over yet. Raises NotSent."""
        smtp = SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls,
            username=self.user,
            password=self.password,
            timeout=TIMEOUT,
        )
        try:
            await smtp.connect()
        except SMTPResponseException as error:
            raise NotSent(_answered(error)) from None
        except (SMTPException, OSError, ValueError):
            raise NotSent(Outcome("failed", "邮件服务器无法连接")) from None
        try:
            yield smtp
        finally:
            smtp.close()


def compose(letter: Letter, sender: str) -> bytes:
    """Raises NotSent where the address is none."""
    try:
        to = Address(addr_spec=letter.to)
        to.addr_spec.encode("ascii")
    except (ValueError, MessageError):
        raise NotSent(Outcome("refused", "联系人的邮箱地址格式不正确")) from None
    message = EmailMessage(policy=LINES)
    message["Subject"] = " ".join(letter.subject.split())
    message["From"] = sender
    message["To"] = to
    message["Message-ID"] = f"<{letter.id}@ligong>"
    message.set_content(letter.text, cte="base64")
    return message.as_bytes()


async def hand_over(smtp: SMTP, letter: Letter, sender: str, content: bytes) -> Outcome:
    """NOT-2: at most once per attempt: once its content may have left, only the server's answer settles its fate."""
    try:
        await smtp.mail(sender)
        await smtp.rcpt(letter.to)
    except SMTPResponseException as error:
        return _answered(error)
    except (SMTPException, OSError):
        return Outcome("failed", "邮件服务器中断了连接")
    try:
        await smtp.data(content)
    except SMTPDataError as error:
        return _answered(error)
    except (SMTPException, OSError):
        return Outcome("unknown", "邮件已交给服务器，但未收到答复，可能已发送")
    return Outcome("sent")


def _answered(error: SMTPResponseException) -> Outcome:
    for_good = error.code >= 500 and not isinstance(error, SMTPConnectResponseError)
    return Outcome("refused" if for_good else "failed", f"邮件服务器拒收（{error.code}）")
