"""What all e-mails of the site have in common."""


def in_one_line(text: str) -> str:
    """Return the text without line breaks, so that none looks like ours."""
    return " ".join(text.split())
