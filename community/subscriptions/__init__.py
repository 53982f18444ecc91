"""Email updates: how residents subscribe to pages, and unsubscribe (R4)."""
