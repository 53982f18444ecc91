"""The counter that caches follow, and when content changes by the clock."""
