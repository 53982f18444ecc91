"""What search reads: pages, and the documents that pages link to."""

# Of one file.
MAX_CHARACTERS = 500_000
