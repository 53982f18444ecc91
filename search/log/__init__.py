"""What was searched for, without anything that says who searched."""
