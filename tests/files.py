"""Files as people upload them, good and bad; all of it visibly made for tests."""

import io
import zipfile

MAIN_PARTS = {
    "docx": "wordprocessingml.document.main+xml",
    "xlsx": "spreadsheetml.sheet.main+xml",
    "pptx": "presentationml.presentation.main+xml",
}
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(50)
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def pdf(size: int) -> bytes:
    """A PDF of this many bytes."""
    return PDF + b"%" + bytes(size - len(PDF) - 1)


def office(kind: str = "docx", more: dict[str, bytes] | None = None) -> bytes:
    """An Office file, as far as its outside goes, with `more` entries."""
    types = f'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.{MAIN_PARTS[kind]}"/></Types>'
    return packed({"[Content_Types].xml": types.encode(), "word/document.xml": b"<x/>", **(more or {})})


def packed(entries: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # the same whenever it is made
    return made.getvalue()


def bomb() -> bytes:
    """A document of 200 kB that unpacks to 200 MB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w") as entry:
            for _ in range(200):
                entry.write(bytes(1_000_000))
    return made.getvalue()
