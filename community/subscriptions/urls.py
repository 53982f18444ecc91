from django.urls import path

from community.subscriptions import views

urlpatterns = [
    path("", views.SubscribeView.as_view(), name="subscribe"),
    path("check-your-email/", views.check_your_email, name="subscribe_sent"),
    path("confirm/", views.confirm, name="confirm_subscription"),
    path("manage/", views.RequestManageLinkView.as_view(), name="manage_link"),
    path(
        "manage/check-your-email/",
        views.check_your_email,
        {"is_sign_up": False},
        name="manage_link_sent",
    ),
    path("your-updates/", views.manage, name="manage_subscriptions"),
    path("unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("unsubscribe-all/", views.unsubscribe_all, name="unsubscribe_all"),
]
