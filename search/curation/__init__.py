"""What staff decide about search: promotions, synonyms and checks."""
