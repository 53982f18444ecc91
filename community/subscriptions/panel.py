"""How many people follow a page by email, for those who edit it (R4)."""

from wagtail.admin.panels import HelpPanel

from community.models.subscriptions import Subscription


class FollowersPanel(HelpPanel):
    """Says how many, and nobody's address: no officer can read who they are."""

    class BoundPanel(HelpPanel.BoundPanel):
        """The panel of one page."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.content = in_words(count_followers(self.instance.pk))

        def is_shown(self):
            """Leave it out where there is no page yet."""
            return super().is_shown() and self.instance.pk is not None


def count_followers(page_id: int | None) -> int:
    """Return how many people are sent emails because they follow a page itself."""
    if page_id is None:
        return 0
    wishes = Subscription.objects.filter(page=page_id, subscriber__suppressed_at=None)
    return wishes.exclude(confirmed_at=None).count()


def in_words(number: int) -> str:
    """Return the sentence that officers read."""
    if not number:
        return "Nobody follows this page by email."
    who = "One person follows" if number == 1 else f"{number:,} people follow"
    return f"{who} this page by email."
