"""Who is let in where: the expectations of the matrix, by the names of URLs.

A line is a pattern of URL names (`*` for anything) and who is let in: letters of roles,
or a table of them by whose object it is. The first line that fits counts. The
administrator is let in everywhere; someone who has signed in and has no role nowhere:
every address explains that to them.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.stockton_cms.permissions.world import (
    ADMINISTRATOR,
    COLLEAGUES,
    NO_ACCESS,
    OUTSIDE,
    OWN,
    SUBMITTED,
)

LETTERS = {
    "A": "author",
    "E": "editor",
    "M": "moderator",
    "L": "communications lead",
    "P": "alert publisher",
    "H": "enquiry handler",
}
NOBODY, STAFF, ANYBODY = "", "AEMLPH", "anybody"
# Not even the administrator.
NONE_AT_ALL = "none"
WRITERS, CHECKERS = "AEML", "ML"

# Whose page it is decides: all of the section, or only one's own draft.
SEEN = {OWN: WRITERS, COLLEAGUES: WRITERS, SUBMITTED: WRITERS, OUTSIDE: "L"}
EDITED = {OWN: WRITERS, COLLEAGUES: "EML", SUBMITTED: "EML", OUTSIDE: "L"}
CHECKED = {OWN: CHECKERS, COLLEAGUES: CHECKERS, SUBMITTED: CHECKERS, OUTSIDE: "L"}
FILES = {OWN: WRITERS, COLLEAGUES: CHECKERS}


@dataclass(frozen=True)
class Rule:
    """Who is let in at the addresses of a name.

    `may_be_missing` where nothing is there to be found without more in the request;
    `acts` where the answer does not tell, but whether anything was written.
    """

    names: str
    people: str | dict
    may_be_missing: bool = False
    acts: bool = False

    def about(self) -> tuple[str, ...]:
        return tuple(self.people) if isinstance(self.people, dict) else (COLLEAGUES,)

    def lets_in(self, kind: str, about: str) -> bool:
        people = self.people[about] if isinstance(self.people, dict) else self.people
        if people == NONE_AT_ALL:
            return False
        if people == ANYBODY:
            return kind != NO_ACCESS
        if kind == ADMINISTRATOR:
            return True
        return kind in {LETTERS[letter] for letter in people}


LIVE = {COLLEAGUES: CHECKERS, OUTSIDE: "L"}
# What is live can be taken away only by those who publish.
REMOVED = {OWN: WRITERS, COLLEAGUES: CHECKERS, SUBMITTED: "EML", OUTSIDE: "L"}
UPLOADS = {OWN: STAFF, COLLEAGUES: NONE_AT_ALL}

RULES: tuple[Rule, ...] = (
    # What anyone may have of the admin's scripts and pictures.
    Rule("wagtailadmin_sprite", ANYBODY),
    Rule("wagtailadmin_javascript_catalog", ANYBODY),
    # What everyone in the admin has.
    Rule("wagtailadmin_home", STAFF),
    Rule("wagtailadmin_account", STAFF),
    Rule("guide", STAFF),
    Rule("admin_session", STAFF),
    Rule("wagtailadmin_dismissibles", STAFF),
    Rule("wagtailadmin_tag_*autocomplete", STAFF, may_be_missing=True),
    Rule("wagtailadmin_block_preview", STAFF, may_be_missing=True),
    Rule("admin/*", STAFF, may_be_missing=True),
    Rule("wagtail_modeladmin:javascript_catalog", STAFF),
    Rule("wagtailembeds:*", STAFF),
    # Links lead to any page, so its title can be chosen.
    Rule("wagtailadmin_choose_page*", STAFF),
    # Lists what the reader may see, and no more.
    Rule("wagtailadmin_reports:site_history*", STAFF),
    # Accounts, groups, workflows, collections, sites: the administrator's.
    Rule("wagtailusers_*", NOBODY),
    Rule("bulk user *", NOBODY, acts=True),
    Rule("wagtailsites:*", NOBODY),
    Rule("wagtailadmin_collections:*", NOBODY),
    Rule("wagtailadmin_workflows:task_cho*", STAFF),
    Rule("wagtailadmin_workflows:*", NOBODY),
    Rule("wagtailsnippets:index", NONE_AT_ALL),
    # Pages.
    Rule("wagtailadmin_api:pages:listing", STAFF),
    Rule("wagtailadmin_api:pages:find", STAFF, may_be_missing=True),
    Rule("wagtailadmin_api:pages:detail", SEEN),
    Rule("wagtailadmin_explore*", WRITERS),
    Rule("wagtailadmin_pages:search*", WRITERS),
    Rule("wagtailadmin_pages:type_use*", WRITERS),
    Rule("*:choose_parent", STAFF),
    Rule("wagtailadmin_pages:add*", {OWN: WRITERS, OUTSIDE: "L"}),
    Rule("wagtailadmin_pages:preview_on_add", {OWN: WRITERS, OUTSIDE: "L"}),
    Rule("wagtailadmin_pages:delete", REMOVED),
    Rule("wagtailadmin_pages:move*", REMOVED),
    Rule("wagtailadmin_pages:unpublish", LIVE),
    Rule("wagtailadmin_pages:convert_alias", EDITED, may_be_missing=True),
    Rule("wagtailadmin_pages:set_page_position", CHECKED),
    Rule("wagtailadmin_pages:set_privacy", CHECKED),
    Rule("wagtailadmin_pages:revisions_unschedule", CHECKED),
    Rule("wagtailadmin_pages:revisions_index", STAFF),
    Rule("wagtailadmin_pages:lock", CHECKED),
    Rule("wagtailadmin_pages:unlock", {OWN: "ML", COLLEAGUES: "ML", OUTSIDE: "L"}),
    Rule("wagtailadmin_pages:workflow_history_detail", {SUBMITTED: "EML"}),
    Rule("wagtailadmin_pages:workflow_history", EDITED),
    Rule("wagtailadmin_pages:confirm_workflow_cancellation", STAFF),
    Rule("wagtailadmin_pages:*workflow*", {SUBMITTED: CHECKERS}),
    Rule("wagtailadmin_pages:*", EDITED),
    Rule("bulk page delete", REMOVED, acts=True),
    Rule("bulk page move", REMOVED, acts=True),
    Rule("bulk page publish", CHECKED, acts=True),
    Rule("bulk page unpublish", LIVE, acts=True),
    Rule("preview_links", EDITED),
    Rule("revoke_preview_link", EDITED),
    # Policies only: `tests/community/policies/test_hiding_versions.py` has who may.
    Rule("policy_versions", CHECKED, may_be_missing=True),
    Rule("*_policy_version", CHECKED, may_be_missing=True),
    Rule("reviews_report*", WRITERS),
    Rule("broken_links_report*", "AEMLP"),
    # Drafts have no links that lead anywhere yet.
    Rule("check_link_again", EDITED, may_be_missing=True),
    Rule("wagtailadmin_editing_sessions:ping", EDITED),
    Rule("wagtailadmin_editing_sessions:release", STAFF),
    Rule("wagtailadmin_reports:locked_pages*", CHECKERS),
    Rule("wagtailadmin_reports:*", WRITERS),
    Rule("content_checks_report*", WRITERS),
    Rule("partnerships:*", WRITERS),
    Rule("policies:*", WRITERS),
    # Pictures and documents: everyone who writes uses all, and edits their own.
    Rule("wagtailadmin_api:*:listing", STAFF),
    Rule("wagtailadmin_api:*:find", STAFF, may_be_missing=True),
    Rule("wagtailadmin_api:*:detail", {OWN: WRITERS, COLLEAGUES: WRITERS}),
    Rule("wagtail[di][mo]*s_chooser:chosen", {OWN: WRITERS, COLLEAGUES: WRITERS}),
    Rule("wagtailimages_chooser:select_format", {OWN: WRITERS, COLLEAGUES: WRITERS}),
    Rule("wagtail[di][mo]*s_chooser:create", WRITERS),
    Rule("wagtail[di][mo]*s_chooser:*", STAFF),
    Rule("wagtail[di][mo]*s:create_multiple_from_uploaded_*", UPLOADS),
    Rule("wagtail[di][mo]*s:delete_upload_multiple", UPLOADS),
    Rule("wagtail[di][mo]*s:add*", WRITERS),
    Rule("wagtail[di][mo]*s:index*", WRITERS),
    Rule("wagtailimages:url_generator*", FILES, may_be_missing=True),
    Rule("wagtailimages:*", FILES),
    Rule("wagtaildocs:*", FILES),
    Rule("bulk image *", FILES, acts=True),
    Rule("bulk document *", FILES, acts=True),
    Rule("unread_files_report*", WRITERS),
    # Alerts. They have no workflow, so nothing is found there.
    Rule("wagtailsnippets_community_alertsnippet:*lock", NOBODY),
    Rule("wagtailsnippets_community_alertsnippet:workflow_history*", "LP", True),
    Rule("wagtailsnippets_community_alertsnippet:*workflow*", STAFF, True),
    Rule("wagtailsnippets_community_alertsnippet:confirm_preview", "LP", True),
    Rule("wagtailsnippets_community_alertsnippet:*", "LP"),
    Rule("bulk alertsnippet delete", "LP", acts=True),
    Rule("alert_history_report*", "LP"),
    # What staff tell search, and what residents search for and send in.
    Rule("wagtailsnippets_search_searchchecksnippet:*", "EML"),
    Rule("bulk searchchecksnippet delete", "EML", acts=True),
    Rule("wagtailsnippets_search_*", "L"),
    Rule("bulk *snippet delete", "L", acts=True),
    Rule("bulk blockedsuggestion delete", "L", acts=True),
    Rule("searches_report*", "LH"),
    Rule("unsuccessful_searches_*", "LH"),
    Rule("search_enquiry_modeladmin_create", NONE_AT_ALL),
    Rule("search_enquiry_modeladmin_edit", NONE_AT_ALL),
    Rule("search_enquiry_modeladmin_delete", NOBODY),
    Rule("search_enquiry_modeladmin_*", "LH"),
    # The site's redirects and settings.
    Rule("wagtailredirects:*", "L"),
    Rule("wagtailsettings:*", "L", may_be_missing=True),
    Rule("erase_personal_data", "L"),
)


def rule_for(name: str, rules=None) -> Rule | None:
    rules = RULES if rules is None else rules
    return next((rule for rule in rules if fnmatchcase(name, rule.names)), None)
