"""What editors decide about search: promotions, synonyms and blocked suggestions."""
