"""Every address of the admin, found in the URL resolver, for each object of a world."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import get_resolver, reverse
from wagtail.admin.views.bulk_action.registry import bulk_action_registry

# What residents and health checks ask for: `tests.hiding_site` has it.
PUBLIC = {
    "live", "ready", "status", "metrics", "preview_link", "robots",
    "sitemap", "wagtaildocs_serve",
    "wagtaildocs_authenticate_with_password", "search", "search_suggestions",
    "enquiry", "enquiry_thanks_anyone", "enquiry_thanks", "find_answer",
    "enquiry_answer",
    "page_feedback", "page_feedback_comment", "page_feedback_thanks",
    "dismiss_alert", "a_to_z",
    "policy_updates", "policy_feed", "section_feed", "consultation_calendar",
    "policy_history", "policy_comparison",
    "subscribe", "subscribe_sent", "confirm_subscription",
    "manage_link", "manage_link_sent",
    "manage_subscriptions", "unsubscribe", "unsubscribe_all",
    "wagtailcore_authenticate_with_password", "wagtailcore_login", "wagtail_serve",
    "picture", "staff_picture",
    "documents/authenticate_with_password/<int:restriction_id>/",
    "_util/authenticate_with_password/<int:restriction_id>/<int:page_id>/",
}  # fmt: skip
# Sign-in, for anyone who is not in yet: `tests/stockton_cms/accounts` has it.
SIGN_IN = {
    "account_login", "account_logout", "account_inactive", "account_reauthenticate",
    "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done",
    "single_sign_on", "single_sign_on_back", "mfa_index", "mfa_authenticate",
    "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn",
    "mfa_login_webauthn", "admin/login/", "admin/logout/", "_util/login/",
    "wagtailadmin_login", "wagtailadmin_logout", "wagtailadmin_password_reset",
    "wagtailadmin_password_reset_done", "wagtailadmin_password_reset_confirm",
    "wagtailadmin_password_reset_complete",
}  # fmt: skip
# It fails on purpose.
NOT_ASKED = {"wagtailadmin_error_test"}
# What the matrix does not ask for.
SKIPPED = PUBLIC | SIGN_IN | NOT_ASKED
EXPORTS = re.compile(
    r"_report$|^wagtailadmin_reports:.*[^s]$|^wagtailredirects:index$"
    r"|_modeladmin_index$|^\w+:list$|^(partnerships|policies):index$"
)


@dataclass(frozen=True)
class Pattern:
    name: str
    route: str
    arguments: frozenset[str]


@dataclass(frozen=True)
class Address:
    name: str
    about: str
    path: str


def patterns(urlpatterns=None) -> Iterator[Pattern]:
    return _walk(urlpatterns or get_resolver().url_patterns, "", (), frozenset())


def _walk(urlpatterns, route, names, arguments):
    for entry in urlpatterns:
        here = route + str(entry.pattern)
        known = arguments | frozenset(entry.pattern.regex.groupindex)
        if hasattr(entry, "url_patterns"):
            inner = (*names, entry.namespace) if entry.namespace else names
            yield from _walk(entry.url_patterns, here, inner, known)
        else:
            # A pattern without a name goes by its route.
            name = ":".join((*names, entry.name)) if entry.name else here
            yield Pattern(name, here, known)


def addresses(pattern: Pattern, things: dict, about: str) -> Iterator[Address]:
    """Yield the addresses of a pattern for what is in `things`, by argument's name."""
    if pattern.name == "wagtail_bulk_action":
        yield from _bulk_actions(things, about)
        return
    for name, chosen in _choices(pattern.name):
        values = {**things, **chosen}
        found = {
            key: values[_key(pattern.name, key, values)] for key in pattern.arguments
        }
        if pattern.name == pattern.route:
            path = "/" + re.sub(r"[\^$]|\.\*", "", pattern.route)
        else:
            path = reverse(pattern.name, kwargs=found)
        yield Address(name, about, path)
        if EXPORTS.search(name):
            yield Address(f"{name} exported", about, f"{path}?export=csv")


def _key(name: str, key: str, values: dict) -> str:
    """Return what stands for an argument: `page`'s own where a view calls it `pk`."""
    namespace = name.split(":")[0]
    for candidate in (f"{name} {key}", f"{namespace} {key}", key):
        if candidate in values:
            return candidate
    raise AssertionError(
        f"The argument '{key}' of the URL '{name}' has no value: add one to world.py."
    )


def _choices(name: str):
    """Yield the name, once for each thing that one pattern does."""
    if name.endswith((":workflow_action", ":collect_workflow_action_data")):
        for action in ("approve", "reject"):
            yield f"{name} {action}", {"action_name": action}
    else:
        yield name, {}


def _bulk_actions(things: dict, about: str):
    bulk_action_registry._scan_for_bulk_actions()
    for app, models in bulk_action_registry.actions.items():
        for model, actions in models.items():
            pk = things[f"bulk {app}.{model}"]
            for action in actions:
                path = reverse("wagtail_bulk_action", args=[app, model, action])
                yield Address(f"bulk {model} {action}", about, f"{path}?id={pk}")
