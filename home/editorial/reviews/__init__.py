"""Reviews of pages: when each is due, reminders and the report."""
