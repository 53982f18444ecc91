"""When the last backup was made: in a small file, which a restore leaves as it is."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class LastBackup:
    """The last backup that arrived whole where it was sent to, by this machine."""

    made_at: datetime
    bytes: int
    # The archive itself: its path, or its address in a bucket.
    to: str
    # When `verify_backup` last found it whole.
    verified_at: datetime | None = None


def get_last_backup() -> LastBackup | None:
    """Return the last backup; nothing where there is none, or its file is damaged."""
    try:
        values = json.loads(_file().read_bytes())
        times = {
            name: datetime.fromisoformat(values[name])
            for name in ("made_at", "verified_at")
            if values[name]
        }
        return LastBackup(**{**values, **times})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def record_backup(last: LastBackup) -> None:
    part = _file().with_suffix(".part")
    part.write_text(json.dumps(asdict(last), default=datetime.isoformat, indent=1))
    part.replace(_file())


def record_verified(to: str, at: datetime) -> None:
    last = get_last_backup()
    if last and last.to == to:
        record_backup(replace(last, verified_at=at))


def _file() -> Path:
    return settings.DATA_DIR / "last_backup.json"
