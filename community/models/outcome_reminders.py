"""Which reminders of a promised outcome have been sent."""

from django.db import models

from community.models.policy import PolicyUpdatePage


class OutcomeReminder(models.Model):
    """One reminder to whoever answers for a consultation (R9)."""

    class Stage(models.TextChoices):
        """How near the promised day is."""

        FOUR_WEEKS = "four-weeks", "Four weeks before"
        ONE_WEEK = "one-week", "One week before"
        OVERDUE = "overdue", "Overdue"

    page = models.ForeignKey(
        PolicyUpdatePage, on_delete=models.CASCADE, related_name="outcome_reminders"
    )
    # Whoever moves the end of a consultation moves the promise, and is reminded anew.
    closed_at = models.DateTimeField()
    stage = models.CharField(max_length=10, choices=Stage.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page", "closed_at", "stage"],
                name="community_outcomereminder_once",
            )
        ]

    def __str__(self):
        return f"{self.get_stage_display()}: {self.page}"
