"""Published versions of policies: archived, compared and shown."""
