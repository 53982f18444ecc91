"""What the site does when something goes wrong around it: `make faults`."""
