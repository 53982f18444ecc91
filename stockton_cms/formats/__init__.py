"""The formats of dates, by language."""
