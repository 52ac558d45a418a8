"""How large a request's body may be: the same at the gateway and at the services."""

MOST_BODY = 1_000_000  # bytes
MOST_FILE = 20_000_000  # bytes of one uploaded file; a route may allow less
FRAME = 100_000  # bytes of a form around the file


def most_bytes(path: str) -> int:
    """Of a request's body. An address that takes a file ends in `/files`; no other takes more than a form."""
    return MOST_FILE + FRAME if path.endswith("/files") else MOST_BODY


def megabytes(most: int) -> str:
    """As a sentence names a limit: `20 MB`."""
    return f"{most // 1_000_000} MB"
