"""The forms by which staff assign, close and reopen an enquiry or a topic."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.admin.widgets import AdminPageChooser
from wagtail.log_actions import log
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.content.text import name_of
from home.pages import BasePage
from search.curation.promotions import PromotionSnippet
from search.curation.synonyms import SynonymSnippet, split_phrases
from search.feedback.actions import (
    OUTCOMES,
    SEARCH_CHANGES,
    ActionKind,
    FeedbackAction,
)
from search.feedback.enquiries.models import Enquiry
from search.feedback.permissions import get_handlers, get_topic_handlers
from search.feedback.unsuccessful_searches.outcomes import close_topics

# These promise residents an answer.
NEEDING_ANSWER = (ActionKind.FOUND, ActionKind.NOT_OURS)


class ActionForm(forms.Form):
    """An action on a case: an `Enquiry`, whose row is locked, or a `Topic`.

    `last` is the last action that the user saw, so that none of a colleague's is
    overwritten.
    """

    heading = ""
    # Where to go on; the case itself if empty.
    next_url = ""
    last = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, case, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.case, self.user = case, user
        last = case.last_action
        self.initial["last"] = last.pk if last else None

    def clean(self):
        data = super().clean()
        if data.get("last") == self.initial["last"]:
            return data
        # To be sent again after its error, with what was typed.
        self.data = self.data.copy()
        self.data["last"] = self.initial["last"] or ""
        last = self.case.last_action
        who = (name_of(last.by) if last else "") or "Someone else"
        what = f" ({last})" if last else ""
        raise ValidationError(
            f"Your changes were not saved because {who} made a change{what}. Review "
            "the latest version and try again."
        )

    def perform(self, at: datetime) -> FeedbackAction | None:
        """Return what was done, or None if that changes nothing."""
        raise NotImplementedError


class ColleagueField(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return name_of(obj)


class AssignForm(ActionForm):
    heading = "Assign"
    assigned_to = ColleagueField(
        label="Assigned to",
        queryset=None,
        required=False,
        empty_label="Not assigned",
        help_text="Only people who can deal with it are listed.",
        error_messages={
            "invalid_choice": "This person cannot deal with enquiries, or has left. "
            "Choose someone else."
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        get = get_handlers if isinstance(self.case, Enquiry) else get_topic_handlers
        self.fields["assigned_to"].queryset = get()
        self.initial["assigned_to"] = self.case.assigned_to

    def perform(self, at):
        colleague = self.cleaned_data["assigned_to"]
        if colleague == self.case.assigned_to:
            return None
        name, kind = name_of(colleague), ActionKind.ASSIGNED
        return self.case.do(kind, self.user, at, name, assigned_to=colleague)


class ReopenForm(ActionForm):
    heading = "Reopen"

    def perform(self, at):
        return self.case.do(ActionKind.REOPENED, self.user, at)


class CloseForm(ActionForm):
    """Closes a case, and makes the change to the search that the outcome names."""

    heading = "Close"
    outcome = forms.ChoiceField(
        label="Outcome",
        widget=forms.RadioSelect,
        error_messages={"required": "Select an outcome."},
    )
    page = forms.ModelChoiceField(
        label="Page to promote, or to add search keywords to",
        queryset=Page.objects.all(),
        required=False,
        widget=AdminPageChooser,
    )
    words = forms.CharField(
        label="What people search for",
        max_length=200,
        required=False,
        help_text="For a promotion, a synonym or search keywords. Separate several "
        "with commas. Search keywords are added to the page's draft and take effect "
        "when you publish it.",
    )
    found_as = forms.CharField(
        label="What our pages call it",
        max_length=200,
        required=False,
        help_text="Only for a synonym.",
    )
    belongs_to = forms.CharField(
        label="Responsible organisation",
        required=False,
        max_length=Enquiry._meta.get_field("belongs_to").max_length,
        help_text="Only if it is not a council service. For example, 'NHS'.",
        error_messages={"max_length": "Use 200 characters or fewer."},
    )

    note = forms.CharField(
        label="Page that was written or updated (optional)",
        required=False,
        max_length=200,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_enquiry = isinstance(self.case, Enquiry)
        permitted = PagePermissionPolicy().user_has_any_permission
        may = {
            ActionKind.PROMOTED: self.user.has_perm("search.add_promotionsnippet"),
            ActionKind.SYNONYM: self.user.has_perm("search.add_synonymsnippet"),
            ActionKind.WORDS: permitted(self.user, {"add", "change"}),
            ActionKind.FOUND: self.is_enquiry,
        }
        offered = [kind for kind in OUTCOMES if may.get(kind, True)]
        self.fields["outcome"].choices = [(kind.value, kind.label) for kind in offered]
        if self.is_enquiry and self.case.email and not self.case.answered_at:
            self.fields["outcome"].help_text = (
                "This person asked for an answer by email and has not had one. Answer "
                "the enquiry before you close it."
            )
        if not may[ActionKind.PROMOTED] and not may[ActionKind.WORDS]:
            del self.fields["page"]
        if not set(offered).intersection(SEARCH_CHANGES):
            del self.fields["words"]
        if not may[ActionKind.SYNONYM]:
            del self.fields["found_as"]
        if self.is_enquiry:
            # Its history holds nothing that a resident may have written.
            del self.fields["note"]
        self.initial["words"] = self.case.searched

    def clean(self):
        data = super().clean()
        outcome = data.get("outcome")
        if outcome != ActionKind.NOT_OURS:
            data["belongs_to"] = ""
        elif not data.get("belongs_to") and "belongs_to" not in self.errors:
            self.add_error("belongs_to", "Enter the responsible organisation.")
        if self.is_enquiry and outcome in NEEDING_ANSWER and not self.case.answered_at:
            self.add_error("outcome", "Answer the enquiry first, to say where to go.")
        if outcome in SEARCH_CHANGES and not self.errors:
            self.change = self._get_change(outcome, data["words"], data)
        return data

    def _get_change(self, outcome: str, words: str, data: dict):
        if outcome != ActionKind.SYNONYM and not data["page"]:
            self.add_error("page", "Choose a page.")
            return None
        if not words:
            self.add_error("words", "Enter what people search for.")
            return None
        if outcome == ActionKind.WORDS:
            return self._get_draft(data["page"].specific, words)
        if outcome == ActionKind.SYNONYM:
            snippet = SynonymSnippet(searched=words, found_as=data["found_as"])
        else:
            snippet = PromotionSnippet(searched=words, page=data["page"])
        try:
            snippet.full_clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.add_error("found_as" if name == "found_as" else "words", messages)
        return snippet

    def _get_draft(self, page: Page, words: str) -> Page | None:
        mine = page.permissions_for_user(self.user)
        if not isinstance(page, BasePage) or page.alias_of_id or not mine.can_edit():
            self.add_error("page", "You cannot edit this page. Choose another page.")
            return None
        if mine.page_locked():
            text = "This page is locked. Ask the person who locked it."
            self.add_error("page", text)
            return None
        draft = page.get_latest_revision_as_object()
        held = [draft.search_words] if draft.search_words else []
        draft.search_words = ", ".join([*held, words])
        most = BasePage._meta.get_field("search_words").max_length
        if len(draft.search_words) > most:
            text = f"The page's search keywords would be over {most} characters."
            self.add_error("words", f"{text} Remove some first.")
        return draft

    def perform(self, at):
        kind = ActionKind(self.cleaned_data["outcome"])
        note = self.cleaned_data["belongs_to"] or self.cleaned_data.get("note", "")
        if kind not in SEARCH_CHANGES:
            return self.case.do(kind, self.user, at, note)
        words = self.cleaned_data["words"]
        if kind == ActionKind.WORDS:
            # Publishing validates the rest of the draft.
            self.change.save_revision(user=self.user, log_action=True, clean=False)
            self.next_url = reverse("wagtailadmin_pages:edit", args=[self.change.pk])
            note = f"“{words}” in “{self.change.title}”"
        else:
            self.change.save()
            log(self.change, "wagtail.create", user=self.user)
            note = str(self.change)
        action = self.case.do(kind, self.user, at, note)
        close_topics(kind, split_phrases(words), note, self.user, at, self.case)
        return action
