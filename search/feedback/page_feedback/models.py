"""Page feedback: monthly counts and comments."""

from django.db import models
from wagtail.models import Page


class PageFeedbackCount(models.Model):
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    month_on = models.DateField("month", help_text="The first day of the month.")
    yes = models.PositiveIntegerField("useful", default=0)
    no = models.PositiveIntegerField("not useful", default=0)

    class Meta:
        ordering = ["-month_on", "page"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "month_on"], name="one_count_a_page_and_month"
            )
        ]

    def __str__(self):
        return f"{self.page}, {self.month_on:%B %Y}"


class PageFeedbackComment(models.Model):
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    was_useful = models.BooleanField()
    comment = models.TextField(max_length=1000)
    created_at = models.DateTimeField("received", auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return f"{self.page}, {self.created_at:%-d %B %Y}"
