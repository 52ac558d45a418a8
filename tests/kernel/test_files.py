"""Uploaded files: kept once, whole or not at all, in bounded memory; what is unfit is refused by its content."""

import hashlib
import resource
import struct
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from shared.kernel.filekinds import Unfit, kind_of
from shared.kernel.files import PART, Files
from shared.kernel.limits import MOST_FILE, most_bytes
from shared.kernel.problems import Problem
from tests import files
from tests.servers import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(databases: Databases) -> AsyncIterator[Any]:
    async with asyncpg.create_pool(await databases.new("activity"), min_size=1, max_size=4) as pool:
        yield pool


async def parts(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def read(store: Files, sha256: str) -> bytes:
    return b"".join([part async for part in store.read(sha256)])


async def rows(pool: Any) -> tuple[int, int]:
    return tuple(await pool.fetchrow("select (select count(*) from file), (select count(*) from file_part)"))


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_file_comes_back_as_it_was(pool: Any) -> None:
    store, content = Files(pool), files.pdf(3 * PART + 17)
    kept = await store.keep(parts(content), name="方案.PDF")
    assert (kept.sha256, kept.size, kept.kind) == (hashlib.sha256(content).hexdigest(), len(content), "pdf")
    assert await store.get(kept.sha256) == kept
    assert await read(store, kept.sha256) == content


async def test_the_same_content_is_kept_once(pool: Any) -> None:
    store = Files(pool)
    first = await store.keep(parts(files.PDF))
    before = await rows(pool)
    assert await store.keep(parts(files.PDF, 7)) == first
    assert await rows(pool) == before


async def test_what_breaks_off_leaves_nothing(pool: Any) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield files.pdf(2 * PART)
        raise ConnectionError

    before = await rows(pool)
    with pytest.raises(ConnectionError):
        await Files(pool).keep(broken())
    assert await rows(pool) == before


async def test_a_write_that_fails_half_way_leaves_nothing(pool: Any) -> None:
    before = await rows(pool)
    await pool.execute("alter table file_part add constraint no_third check (part < 2) not valid")
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await Files(pool).keep(parts(files.pdf(4 * PART + 1)))
    finally:
        await pool.execute("alter table file_part drop constraint no_third")
    assert await rows(pool) == before


async def test_an_unknown_file_is_nothing(pool: Any) -> None:
    assert await Files(pool).get("00" * 32) is None
    assert await read(Files(pool), "00" * 32) == b""


@pytest.mark.parametrize(
    ("content", "most", "status", "words"),
    [(b"", MOST_FILE, 422, "空"), (files.pdf(1_000_001), 1_000_000, 413, "1 MB"), (b"MZ", MOST_FILE, 415, "格式")],
)
async def test_a_refusal_is_a_sentence(pool: Any, content: bytes, most: int, status: int, words: str) -> None:
    before = await rows(pool)
    with pytest.raises(Problem) as problem:
        await Files(pool).keep(parts(content), most)
    assert problem.value.status == status and words in problem.value.detail
    assert await rows(pool) == before


async def test_the_largest_file_passes_in_bounded_memory(pool: Any) -> None:
    async def large() -> AsyncIterator[bytes]:
        yield files.PDF
        for _ in range((MOST_FILE - len(files.PDF)) // 50_000):
            yield bytes(50_000)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = await Files(pool).keep(large())
    size = 0
    async for part in Files(pool).read(kept.sha256):
        size += len(part)
    assert size == kept.size > 19_900_000
    # The map of the temporary file is the system's cache, which is counted here too.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kB


def kind(content: bytes, name: str = "") -> str:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        return kind_of(file, name)


GOOD = {
    "pdf": files.PDF,
    "png": files.PNG,
    "jpg": files.JPG,
    **{each: files.office(each) for each in files.MAIN_PARTS},
}
MACRO = files.packed({"[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled.main+xml"})
LOCKED = bytearray(files.office())
LOCKED[LOCKED.rfind(b"PK\x01\x02") + 8] |= 1


def lying() -> bytes:
    """Its list of contents says that an entry is smaller than it is."""
    made = bytearray(files.office("xlsx", {"xl/sheet.xml": b"0" * 5000}))
    at = made.rfind(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(made)


@pytest.mark.parametrize(("expected", "content"), GOOD.items())
async def test_a_file_is_known_by_its_content(expected: str, content: bytes) -> None:
    assert kind(content) == kind(content, f"样例.{expected.upper()}") == expected


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (files.PDF, "样例.docx", "后缀与内容不符"),
        (files.PDF, "样例", "后缀与内容不符"),
        (b"just text", "", "不能接收这种格式"),
        (b"MZ" + bytes(200), "样例.pdf", "不能接收这种格式"),
        (files.OLD, "样例.doc", "旧版Office"),
        (files.office("docx", {"word/vbaProject.bin": b"x"}), "样例.docx", "宏"),
        (files.office("xlsx", {"xl/macrosheets/sheet1.xml": b"x"}), "样例.xlsx", "宏"),
        (MACRO, "样例.docx", "宏"),
        (files.packed({"a.txt": b"x"}), "样例.docx", "压缩包"),
        (files.office()[:-40], "样例.docx", "损坏"),
        (files.bomb(), "样例.docx", "解压后过大"),
        (files.packed({f"{n:0>200}": b"" for n in range(5000)}), "样例.docx", "解压后过大"),
        (lying(), "样例.xlsx", "损坏"),
        (bytes(LOCKED), "样例.docx", "密码"),
        (files.PDF.replace(b"/Root", b"/Encrypt 5 0 R /Root"), "样例.pdf", "密码"),
        (files.PDF + files.packed({"a.txt": b"x"}), "样例.pdf", "夹带"),
        (files.PNG + files.office(), "样例.png", "夹带"),
    ],
)
async def test_what_is_unfit_is_refused(content: bytes, name: str, words: str) -> None:
    with pytest.raises(Unfit, match=words):
        kind(content, name)


async def test_only_an_address_that_takes_a_file_admits_a_large_body() -> None:
    assert most_bytes("/api/v1/registration/files") > MOST_FILE
    assert most_bytes("/api/v1/registration/open-season") == most_bytes("/profiles") == 1_000_000
