"""What operators run: the example site, and pages for measuring."""
