"""What page bodies hold: text, links and dates, and how they are written."""
