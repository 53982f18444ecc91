"""StreamFields that preserve blocks of a newer release (ADR 26)."""

import json

from wagtail import blocks, fields


class LosslessStreamBlock(blocks.StreamBlock):
    """Writes back blocks of unknown types unchanged.

    Wagtail drops them, so saving anything on a page would lose them.
    """

    def to_python(self, value):
        stream = super().to_python(value)
        if stream is not value:
            stream.unknown = self._find_unknown(value)
        return stream

    def get_prep_value(self, value):
        """Return all blocks, with each unknown one after the block that it followed."""
        rows = list(super().get_prep_value(value))
        for before, row in getattr(value, "unknown", ()):
            ids = [each["id"] for each in rows]
            place = ids.index(before) + 1 if before in ids else len(rows)
            rows.insert(place if before else 0, row)
        return rows

    def _find_unknown(self, value) -> list[tuple[str | None, dict]]:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return []
        rows = [each for each in value or () if isinstance(each, dict)]
        pairs = zip([None, *(each.get("id") for each in rows)], rows, strict=False)
        known = self.child_blocks
        return [(before, row) for before, row in pairs if row["type"] not in known]


class LosslessStreamField(fields.StreamField):
    def save_form_data(self, instance, data):
        data.unknown = getattr(getattr(instance, self.name), "unknown", [])
        super().save_form_data(instance, data)

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "wagtail.fields.StreamField", args, kwargs
