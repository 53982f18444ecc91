"""The search engine: query, ranking, index and results."""
