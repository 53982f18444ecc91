"""What residents tell the council, and what they could not find."""
