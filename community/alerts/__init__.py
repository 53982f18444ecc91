"""Alerts: where they appear, publishing, reminders and history."""
