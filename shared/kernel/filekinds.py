"""What a file is, by its content; and whether it is one that the platform takes in."""

import mmap
import re
import struct
import zipfile
from pathlib import PurePath
from typing import IO

import puremagic

HEAD = 4096  # bytes that say what a file is
MOST_LISTED = 1_000_000  # bytes of an archive's list of contents
MOST_UNPACKED = 100_000_000  # bytes of an archive's contents together
MOST_RATIO = 200  # of unpacked to packed; deflate gets to 1032, documents to about 30
SMALL = 5_000_000  # unpacked bytes below which the ratio says nothing

ENDINGS = {
    "pdf": (".pdf",),
    "docx": (".docx",),
    "xlsx": (".xlsx",),
    "pptx": (".pptx",),
    "jpg": (".jpg", ".jpeg"),
    "png": (".png",),
}
ACCEPTED = "请上传PDF、Word（.docx）、Excel（.xlsx）、PowerPoint（.pptx）文件或图片（.jpg、.png）。"
_BY_MAGIC = {".pdf": "pdf", ".png": "png", ".jpeg": "jpg", ".docx": "ooxml", ".zip": "ooxml", ".doc": "old"}
_MAIN_PARTS = {
    b"wordprocessingml.document.main+xml": "docx",
    b"spreadsheetml.sheet.main+xml": "xlsx",
    b"presentationml.presentation.main+xml": "pptx",
}
_MACROS = re.compile(r"vbaproject|vbadata|macrosheets/", re.IGNORECASE)
_ENCRYPTED_PDF = re.compile(rb"/Encrypt\s*(\d+\s+\d+\s+R|<<)")
_BROKEN = "文件已损坏，无法打开；请在电脑上重新打开另存后再上传。"
_BOMB = "文件解压后过大，不予接收；请删减内容或压缩其中的图片后重新上传。"
_LOCKED = "文件设有密码，无法查看；请取消密码后重新上传。"


class Unfit(Exception):
    """The file is not taken in. Its text is the sentence for whoever uploads."""


def kind_of(content: IO[bytes], name: str = "") -> str:
    """`pdf`, `docx`, `xlsx`, `pptx`, `jpg` or `png`; blocking, in bounded memory. Raises Unfit.

    `content` is a real file that is not empty; with a `name`, its ending has to be one of the kind's.
    """
    content.flush()
    with mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as view:
        kind = _by_magic(view[:HEAD])
        if kind == "ooxml":
            kind = _office(content, view)
        elif kind == "old":
            raise Unfit(f"旧版Office文件或加密文件不能接收；请取消密码并另存为.docx、.xlsx或.pptx后上传。{ACCEPTED}")
        elif b"PK\x05\x06" in view[-65_557:]:
            raise Unfit("文件里夹带了压缩包，不予接收；请重新导出后上传。")
        elif kind == "pdf" and _ENCRYPTED_PDF.search(view):
            raise Unfit(_LOCKED)
    if name and PurePath(name.lower()).suffix not in ENDINGS[kind]:
        raise Unfit(f"文件名的后缀与内容不符：内容是{kind}格式；请核对文件，把后缀改为{ENDINGS[kind][0]}后上传。")
    return kind


def _by_magic(head: bytes) -> str:
    try:
        guesses = puremagic.magic_string(head)
    except puremagic.PureError:
        guesses = []
    for guess in guesses:
        if kind := _BY_MAGIC.get(guess.extension):
            return kind
    raise Unfit(f"不能接收这种格式的文件。{ACCEPTED}")


def _office(content: IO[bytes], view: mmap.mmap) -> str:
    """Which Office format an archive is, once its contents have been found harmless."""
    _listed(view)
    try:
        with zipfile.ZipFile(content) as archive:
            entries = archive.infolist()
            _harmless(entries)
            _unpacks(archive, entries)
            types = next((entry for entry in entries if entry.filename == "[Content_Types].xml"), None)
            if types is None:
                raise Unfit(f"不接收压缩包。{ACCEPTED}")
            listed = archive.read(types)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError):
        raise Unfit(_BROKEN) from None
    if b"macroEnabled" in listed:
        raise Unfit(_macros())
    for part, kind in _MAIN_PARTS.items():
        if part in listed:
            return kind
    raise Unfit(f"不能接收这种格式的文件。{ACCEPTED}")


def _listed(view: mmap.mmap) -> None:
    """The list of contents, which the library reads as a whole, is no longer than any document's."""
    end = view.rfind(b"PK\x05\x06", max(0, len(view) - 65_557))
    if end < 0 or end + 22 > len(view):
        raise Unfit(_BROKEN)
    (size,) = struct.unpack("<I", view[end + 12 : end + 16])
    zip64 = view[max(0, end - 20) : end].startswith(b"PK\x06\x07")
    if size > MOST_LISTED or zip64:
        raise Unfit(_BOMB)


def _harmless(entries: list[zipfile.ZipInfo]) -> None:
    if len({entry.filename for entry in entries}) < len(entries):
        raise Unfit(_BROKEN)  # two readers could see two documents
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unfit(_LOCKED)
    if any(_MACROS.search(entry.filename) for entry in entries):
        raise Unfit(_macros())
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > MOST_RATIO * packed):
        raise Unfit(_BOMB)


def _unpacks(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """The sizes are what the list says: each entry is read to its end and its checksum."""
    for entry in entries:
        with archive.open(entry) as part:
            while part.read(1 << 20):
                pass


def _macros() -> str:
    return "文件带有宏，不予接收；请另存为不带宏的.docx、.xlsx或.pptx后重新上传。"
