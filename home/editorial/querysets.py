"""What the tables with a `page` column have in common."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from wagtail.permission_policies.pages import PagePermissionPolicy


class LivePageQuerySet(models.QuerySet):
    def on_live_pages(self, at: datetime):
        """Leave out aliases, which share the rows of their original."""
        not_expired = Q(page__expire_at=None) | Q(page__expire_at__gt=at)
        return self.filter(not_expired, page__live=True, page__alias_of=None)

    def editable_by(self, user):
        if user.is_active and user.is_superuser:
            return self
        pages = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
        return self.filter(page__in=pages.values("pk"))
