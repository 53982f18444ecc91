"""Times and days in the words that people use."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone


def clock_in_words(moment: datetime) -> str:
    """Return a time by the council's clock, such as '6pm', '6:30pm' or 'midday'."""
    local = _local(moment)
    if (local.hour, local.minute) in {(0, 0), (12, 0)}:
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'pm' if local.hour >= 12 else 'am'}"


def moment_in_words(moment: datetime, at: datetime) -> str:
    """Return a moment as seen from another, such as 'at 6pm today'.

    Midnight belongs to the night that it lies in, as people may take 'midnight on
    Friday' for either end of the day.
    """
    day, today = _local(moment).date(), _local(at).date()
    clock = clock_in_words(moment)
    if clock == "midnight":
        nights = {1: "at midnight tonight", 0: "at midnight last night"}
        clock = "midnight, as the day begins"
    else:
        nights = {
            1: f"at {clock} tomorrow",
            0: f"at {clock} today",
            -1: f"yesterday at {clock}",
        }
    year = "" if day.year == today.year else f" {day.year}"
    date = f"on {day:%A} {day.day} {day:%B}{year} at {clock}"
    return nights.get((day - today).days, date)


def names_of_moments(moments: Sequence[datetime]) -> list[str]:
    """Return a name for each of these moments, newest first, and no name twice.

    Those in one minute are numbered from the oldest; so are those in the two that the
    clock calls the same when it goes back.
    """
    names = [f"{_local(each):%-d %B %Y}, {clock_in_words(each)}" for each in moments]
    totals, left = Counter(names), Counter(names)
    for place, name in enumerate(names):
        if totals[name] > 1:
            names[place] = f"{name} ({left[name]} of {totals[name]})"
            left[name] -= 1
    return names


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment, timezone.get_default_timezone())
