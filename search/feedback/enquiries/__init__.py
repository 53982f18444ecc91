"""What residents tell us that they could not find."""
