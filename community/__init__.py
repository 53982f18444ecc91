"""What this site is about: sections, partnerships, policies and alerts."""
