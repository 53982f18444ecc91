"""What search reads: pages, and the documents that pages link to."""
