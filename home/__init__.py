"""The base app: what every page of the site shares."""
