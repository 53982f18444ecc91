"""The counter that every cache follows, and when content changes by the clock."""
