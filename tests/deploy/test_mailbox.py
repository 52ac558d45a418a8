"""The demo's mail server keeps what it gets as files that anybody can read."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from deploy.local.mailbox import Mailbox
from deploy.local.ports import free_ports


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    port = free_ports(1)[0]
    mailbox = Mailbox(tmp_path, port)
    mailbox.start()
    yield port
    mailbox.stop()


async def test_messages_are_readable_files(port: int, tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = "ligong@example.org"
    message["To"] = "putuo@example.org"
    message["Subject"] = "登记提醒：还有3个工作日"
    message.set_content("普陀区城管执法局：登记注册将于6月17日截止。\n")
    for _ in range(2):
        await aiosmtplib.send(message, hostname="127.0.0.1", port=port)
    files = _kept(tmp_path)
    assert [file.name for file in files] == [
        "00001-putuo@example.org-登记提醒-还有3个工作日.eml",
        "00002-putuo@example.org-登记提醒-还有3个工作日.eml",
    ]
    text = files[0].read_text(encoding="utf-8")
    assert "Subject: 登记提醒：还有3个工作日" in text
    assert "普陀区城管执法局：登记注册将于6月17日截止。" in text


def _kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.eml"))
