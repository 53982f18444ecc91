"""The public history of policies: published versions, and what differs between them."""
