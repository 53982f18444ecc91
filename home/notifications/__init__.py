"""The outbox of emails, and how they are sent."""
