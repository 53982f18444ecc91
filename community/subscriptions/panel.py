"""How many people subscribe to a page, for its editors."""

from wagtail.admin.panels import HelpPanel

from community.models.subscriptions import Subscription


class SubscriberCountPanel(HelpPanel):
    """Shows the number only: editors must not see email addresses."""

    class BoundPanel(HelpPanel.BoundPanel):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.content = format_count(count_subscribers(self.instance.pk))

        def is_shown(self):
            return super().is_shown() and self.instance.pk is not None


def count_subscribers(page_id: int | None) -> int:
    """Return the number of active subscriptions to the page itself."""
    if page_id is None:
        return 0
    subscriptions = Subscription.objects.filter(
        page=page_id, subscriber__suppressed_at=None
    )
    return subscriptions.exclude(confirmed_at=None).count()


def format_count(number: int) -> str:
    if not number:
        return "No one gets email updates about this page."
    people = "1 person gets" if number == 1 else f"{number:,} people get"
    return f"{people} email updates about this page."
