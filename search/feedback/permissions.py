"""Who may read and deal with enquiries and unsuccessful searches."""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from wagtail.permission_policies import ModelPermissionPolicy

from search.feedback.actions import FeedbackAction
from search.feedback.enquiries.models import Enquiry

POLICY = ModelPermissionPolicy(Enquiry)


def may_read(user: AbstractBaseUser) -> bool:
    return POLICY.user_has_any_permission(user, ["view", "change"])


def may_handle(user: AbstractBaseUser) -> bool:
    return POLICY.user_has_permission(user, "change")


def get_handlers() -> QuerySet:
    return _in_order(POLICY.users_with_permission("change"))


class TopicPermissionPolicy(ModelPermissionPolicy):
    """The report shows enquiries, so it also takes permission to read those."""

    def user_has_permission(self, user, action):
        may = super().user_has_permission(user, action)
        return may and user.has_perm("search.view_enquiry")


topic_policy = TopicPermissionPolicy(FeedbackAction)


def get_topic_handlers() -> QuerySet:
    readers = POLICY.users_with_permission("view").order_by().values("pk")
    return _in_order(topic_policy.users_with_permission("add").filter(pk__in=readers))


def _in_order(users: QuerySet) -> QuerySet:
    return users.distinct().order_by("first_name", "last_name", "pk")
