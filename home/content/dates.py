"""Dates and times: formats and calendar sums."""

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.utils import dateformat, timezone


def days_after(day: date, days: int) -> date:
    """Return the day so many days later or earlier, within the range of `date`."""
    number = day.toordinal() + days
    return date.fromordinal(max(1, min(number, date.max.toordinal())))


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def format_time(value: datetime) -> str:
    """Return a local time such as '6pm', '6:30pm' or 'midday'."""
    clock = dateformat.format(_local(value), "P").replace("noon", "midday")
    return clock.replace(" a.m.", "am").replace(" p.m.", "pm")


def format_relative_datetime(value: datetime, now: datetime) -> str:
    """Return a datetime relative to now, such as 'at 6pm today'.

    Midnight belongs to the night that it is in, because people read 'midnight on
    Friday' as either end of the day.
    """
    day, today = _local(value).date(), _local(now).date()
    clock = format_time(value)
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


def unique_datetime_labels(values: Sequence[datetime]) -> list[str]:
    """Return a unique label for each of these datetimes, which are newest first.

    Those in the same minute are numbered from the oldest, and so are those in the hour
    that happens twice when the clocks go back.
    """
    names = [f"{_local(each):%-d %B %Y}, {format_time(each)}" for each in values]
    totals, left = Counter(names), Counter(names)
    for place, name in enumerate(names):
        if totals[name] > 1:
            names[place] = f"{name} ({left[name]} of {totals[name]})"
            left[name] -= 1
    return names


def _local(value: datetime) -> datetime:
    return timezone.localtime(value, timezone.get_default_timezone())


class ExactTimesMixin:
    """Stores times in drafts as precisely as the database does.

    Publishing writes what the draft says, so a truncated time would differ from
    everything recorded before.
    """

    def serializable_data(self):
        data = super().serializable_data()
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in data.items()
        }
