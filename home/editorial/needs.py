"""What keeping pages true asks of an officer, on the admin's home page."""

from django.utils import timezone

from home.editorial import broken_links, reviews
from home.editorial.reviews import State, queue_address
from home.needs import Need, counted, register_needs


@register_needs
def pages_to_review(user, at):
    """Say how many pages are due for review, and how many lack a date."""
    counts = reviews.counts_for(user, timezone.localdate(at))
    if due := counts[State.DUE]:
        words = counted(due, "page is", "pages are") + " due for review"
        yield Need(words, queue_address(State.DUE))
    if undated := counts[State.UNDATED]:
        words = counted(undated, "page has", "pages have") + " no review date"
        yield Need(words, queue_address(State.UNDATED))


@register_needs
def links_to_mend(user, at):
    """Say how many links lead nowhere."""
    for count in broken_links.counts_for(user):
        if count.number:
            words = counted(count.number, "link is", "links are") + " broken"
            yield Need(words, count.address)
