"""A progress bar on a terminal."""

from collections.abc import Iterable

from tqdm import tqdm


def shown(steps: Iterable, what: str) -> Iterable:
    """Yield the steps, with a bar on a terminal."""
    return tqdm(steps, unit=f" {what}", disable=None, leave=False)


def show_bytes(total: int, what: str) -> tqdm:
    """Return a bar of bytes, to be updated as they pass; a context manager."""
    return tqdm(
        total=total, desc=what, unit="B", unit_scale=True, disable=None, leave=False
    )
