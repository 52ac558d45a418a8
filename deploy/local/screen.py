"""What the terminal shows: the steps of a start with their progress, and sentences."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

Update = Callable[[float, float, str], None]
"""Called with (done, total, a short note)."""


class Screen:
    """Bars on a terminal; elsewhere, and where the logs are shown too, a line for each step."""

    def __init__(self, verbose: bool) -> None:
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=verbose or not self._console.is_terminal,
        )
        self._plain = self._progress.disable

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, markup=False)

    @contextmanager
    def step(self, text: str) -> Iterator[Update]:
        """Shows that something is going on until the block ends."""
        task = self._progress.add_task(text, total=None, note="")
        began = time.monotonic()
        tenth = 0

        def update(done: float, total: float, note: str) -> None:
            nonlocal tenth
            self._progress.update(task, completed=done, total=total, note=note)
            if self._plain and total and int(done * 10 / total) > tenth:
                tenth = int(done * 10 / total)
                self.say(f"  {text} {tenth}0% {note}")

        try:
            yield update
        except BaseException:
            self._progress.update(task, visible=False)
            raise
        seconds = f"{time.monotonic() - began:.1f} 秒"
        self._progress.update(task, completed=1, total=1, note=seconds)
        if self._plain:
            self.say(f"✓ {text}（{seconds}）")
