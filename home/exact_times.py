"""Times that go through a draft, whose JSON cuts them to milliseconds by itself."""

from datetime import datetime, timedelta

# What two readings of one moment may differ by: drafts from before cut it off.
PRECISION_OF_DRAFTS = timedelta(milliseconds=1)


class ExactTimesMixin:
    """Lets a draft keep times as exactly as the database does.

    Publishing writes what the draft says, so a time cut short would differ from all
    that was noted of it before.
    """

    def serializable_data(self):
        """Return the fields, with times as text, which nothing cuts."""
        data = super().serializable_data()
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in data.items()
        }


def is_same_moment(one: datetime | None, other: datetime | None) -> bool:
    """Say whether two times are one, of which either may have been in a draft."""
    if one is None or other is None:
        return one is other
    return abs(one - other) < PRECISION_OF_DRAFTS
