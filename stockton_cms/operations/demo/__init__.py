"""What the example site is made of; what it says is in `content/`."""
