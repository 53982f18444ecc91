"""Streams of blocks that keep what only a newer release knows (ADR 26)."""

import json

from wagtail import blocks, fields


class KeepingStreamBlock(blocks.StreamBlock):
    """A stream that writes back, as they were, the blocks of which it knows no type.

    Wagtail leaves them out, so that saving anything on a page would lose them.
    """

    def to_python(self, value):
        """Return the blocks that this release knows, with the others beside them."""
        stream = super().to_python(value)
        if stream is not value:
            stream.unknown = self._find_unknown(value)
        return stream

    def get_prep_value(self, value):
        """Return all of them; one of the others stands behind what it stood behind."""
        rows = list(super().get_prep_value(value))
        for before, row in getattr(value, "unknown", ()):
            ids = [each["id"] for each in rows]
            place = ids.index(before) + 1 if before in ids else len(rows)
            rows.insert(place if before else 0, row)
        return rows

    def _find_unknown(self, value) -> list[tuple[str | None, dict]]:
        """Return the other blocks, each with the id of the block before it."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return []
        rows = [each for each in value or () if isinstance(each, dict)]
        pairs = zip([None, *(each.get("id") for each in rows)], rows, strict=False)
        known = self.child_blocks
        return [(before, row) for before, row in pairs if row["type"] not in known]


class KeepingStreamField(fields.StreamField):
    """A field whose form leaves what only a newer release knows where it was."""

    def save_form_data(self, instance, data):
        """Take what was typed, with what the editor could not show."""
        data.unknown = getattr(getattr(instance, self.name), "unknown", [])
        super().save_form_data(instance, data)

    def deconstruct(self):
        """Say to migrations that the column is a stream as any other."""
        name, _, args, kwargs = super().deconstruct()
        return name, "wagtail.fields.StreamField", args, kwargs
