"""What residents meet, tried in a real browser: `make browser-test`."""
