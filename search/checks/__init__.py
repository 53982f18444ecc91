"""Search checks and the preview of a change: whether search finds the right pages."""
