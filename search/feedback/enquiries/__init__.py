"""Messages sent from "Can't find it", and their answers."""
