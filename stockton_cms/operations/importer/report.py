"""What an import has to say: the same in a dry run and in a real one."""

from collections import Counter
from enum import StrEnum
from typing import TextIO


class Outcome(StrEnum):
    """What becomes of one page of the source."""

    CREATED = "create"
    CHANGED = "change"
    SAME = "as it is"
    EDITED = "left, edited since"
    DELETED = "left, deleted since"
    REFUSED = "refused"


class Report:
    """Writes a line for each page and each oddity, and counts them."""

    def __init__(self, stdout: TextIO):
        self.stdout = stdout
        self.pages: Counter[Outcome] = Counter()
        self.notes = 0

    def page(self, outcome: Outcome, place: str, text: str) -> None:
        """Say what becomes of a page; pages that stay as they are are only counted."""
        self.pages[outcome] += 1
        if outcome != Outcome.SAME:
            self.stdout.write(f"{outcome}: {one_line(text)} ({one_line(place)})")

    def note(self, place: str, text: str) -> None:
        """Say what is odd about a page, or about the source."""
        self.notes += 1
        self.stdout.write(f"  note: {one_line(place)}: {one_line(text)}")

    def end(self, is_dry: bool) -> None:
        """Write the totals."""
        counts = ", ".join(f"{outcome}: {self.pages[outcome]:,}" for outcome in Outcome)
        self.stdout.write(f"Pages: {counts}. Notes: {self.notes:,}.")
        if is_dry:
            self.stdout.write("This was a dry run: nothing has been written.")


def one_line(text: str) -> str:
    """Return a text that cannot move the cursor or pass for another line."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
