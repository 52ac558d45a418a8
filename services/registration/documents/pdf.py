"""The form as PDF: typst's page description filled with a sheet."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst
from pylopdf_fonts_zh_cn import serif_path

LAYOUT = Path(__file__).with_name("form.typ").read_bytes()
AT_ONCE = 2  # forms being typeset; more would only take the processor from the commands


class Press:
    """Typesets forms. `own_fonts` is a folder whose fonts are preferred where the layout names them."""

    def __init__(self, own_fonts: str = "") -> None:
        folders = [str(serif_path().parent), *([own_fonts] if own_fonts else [])]
        self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
        self._turn = asyncio.Semaphore(AT_ONCE)

    def fonts(self) -> list[typst.FontInfo]:
        return self._fonts.fonts()

    async def form(self, sheet: Mapping[str, Any]) -> bytes:
        """Every copy that is asked for, one after another."""
        async with self._turn:
            return await asyncio.to_thread(self.typeset, LAYOUT, sheet)

    def typeset(self, layout: bytes, sheet: Mapping[str, Any]) -> bytes:
        inputs = {"sheet": json.dumps(sheet, ensure_ascii=False)}
        compiler = typst.Compiler(layout, font_paths=self._fonts, ignore_system_fonts=True, sys_inputs=inputs)
        made = compiler.compile(format="pdf")
        assert isinstance(made, bytes), "a PDF is one file"
        return made
