"""The ground floor: what every page of the site shares."""
