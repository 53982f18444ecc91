"""What editors decide about search: promotions, synonyms and checks."""
