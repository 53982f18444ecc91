"""What is in `deploy/`, linted, and run where it can be run here."""
