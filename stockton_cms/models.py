"""What the site as a whole keeps: which group is whose."""

from django.contrib.auth.models import Group
from django.db import models


class RoleGroup(models.Model):
    """The group of a role, and which permissions it has been given.

    What has been given once is not given again, so that an administrator may take it
    away; nor is a group made again that an administrator has deleted.
    """

    role = models.CharField(max_length=100, unique=True)
    group = models.OneToOneField(Group, null=True, on_delete=models.SET_NULL)
    granted = models.JSONField(default=list)

    class Meta:
        # No one edits it.
        default_permissions = ()
        # What is about no table in particular.
        permissions = [("erase_personal_data", "Can erase someone's personal data")]

    def __str__(self):
        return self.role
