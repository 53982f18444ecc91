"""Protection of requests and responses: CSRF, cookies and headers."""
