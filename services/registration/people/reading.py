"""A workbook's first sheet as text, read in a process of its own: `python -m services.registration.people.reading`.

Standard input is the workbook, standard output its rows as JSON. What a hostile file makes the reader do (a single
cell in the farthest corner is a sheet of 17 billion cells) ends with this process, at its limit of memory and time.
"""

import json
import resource
import sys
from datetime import date
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook

MOST_MEMORY = 400 * 2**20  # bytes of address space, of which the interpreter and its libraries take about 100 MiB
MOST_SECONDS = 20
MOST_LETTERS = 300  # of a cell: more than any column takes, and enough to recognise it by
MOST_CELLS = 20  # of a row


def text(cell: Any) -> str:
    """A cell as it was typed: numbers without the `.0` that workbooks store them with."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()[:MOST_LETTERS]


def read(content: bytes, most: int) -> dict[str, Any]:
    """`rows` without the empty ones at the end, at most one more than `most`; and the cells that are `merged`."""
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    sheet = book.get_sheet_by_index(0)
    found = []
    for row in sheet.to_python(skip_empty_area=False, nrows=most + 1):
        found.append([text(cell) for cell in row[:MOST_CELLS]])
    while found and not any(found[-1]):
        found.pop()
    merged = [[first[0] + 1, last[0] + 1] for first, last in sheet.merged_cell_ranges or ()]
    return {"rows": found, "merged": merged}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(read(sys.stdin.buffer.read(), int(sys.argv[1])), sys.stdout)


if __name__ == "__main__":
    main()
