"""The addresses of e-mail updates."""

from django.urls import path

from community.subscriptions import managing, signing_up, unsubscribing

urlpatterns = [
    path("", signing_up.follow, name="follow"),
    path("check-your-e-mail/", signing_up.check_your_email, name="follow_sent"),
    path("confirm/", signing_up.confirm, name="confirm_subscription"),
    path("manage/", managing.ask_for_link, name="manage_link"),
    path("manage/check-your-e-mail/", managing.link_sent, name="manage_link_sent"),
    path("your-updates/", managing.manage, name="manage_subscriptions"),
    path("unsubscribe/", unsubscribing.unsubscribe, name="unsubscribe"),
    path("unsubscribe-all/", unsubscribing.unsubscribe_all, name="unsubscribe_all"),
]
