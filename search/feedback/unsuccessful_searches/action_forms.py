"""One form for each action on a topic."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from wagtail.admin.widgets import AdminPageChooser
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.pages import BasePage
from home.people import name_of
from search.feedback.unsuccessful_searches.models import (
    DONE_KINDS,
    ActionKind,
    TopicAction,
    TopicState,
    policy,
)
from search.feedback.unsuccessful_searches.topic_stats import Topic


class ActionForm(forms.Form):
    """`last` is the last action when the user opened the page."""

    kind: ActionKind
    heading = ""
    button = ""
    last = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, topic: Topic, user, data=None):
        self.topic, self.user = topic, user
        last = topic.actions[-1].pk if topic.actions else None
        # Several forms on the page share field names.
        super().__init__(data, initial={"last": last}, auto_id=f"{self.name()}-%s")

    @classmethod
    def name(cls) -> str:
        return cls.__name__.removesuffix("Form").lower()

    def clean(self):
        """Refuse if a colleague has acted in the meantime."""
        data = super().clean()
        if self.topic.actions and self.topic.actions[-1].pk != data.get("last"):
            sentence = self.topic.actions[-1].sentence
            raise ValidationError(
                f"{sentence} while you had this page open. Nothing was changed. "
                "Check the topic and try again."
            )
        return data

    def with_current_state(self) -> "ActionForm":
        """Return the form with what was typed, to be sent again after its error."""
        self.data = {**self.data.dict(), "last": self.initial["last"] or ""}
        return self

    def values(self) -> dict:
        return {}

    def perform(self, at: datetime) -> TopicAction:
        action = TopicAction(
            topic=self.topic.key,
            label=self.topic.lasting_label[:100],
            kind=self.kind,
            by=self.user,
            at=at,
        )
        for name, value in self.values().items():
            setattr(action, name, value)
        action.save()
        return action


class AssignForm(ActionForm):
    kind = ActionKind.ASSIGNED
    heading = "Assign"
    button = "Assign"
    assigned_to = forms.ModelChoiceField(label="Assign to", queryset=None)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["assigned_to"]
        field.queryset = policy.users_with_permission("add").order_by("username")
        field.label_from_instance = name_of
        field.initial = self.user

    def clean_assigned_to(self):
        whom = self.cleaned_data["assigned_to"]
        if not policy.user_has_permission(whom, "view"):
            raise ValidationError(
                "This person does not have permission to read enquiries."
            )
        return whom

    def values(self):
        return {"assigned_to": self.cleaned_data["assigned_to"]}


class DoneForm(ActionForm):
    kind = ActionKind.WRITTEN
    heading = "Mark as done"
    button = "Mark as done"
    done = forms.ChoiceField(
        label="What did you do?",
        choices=[(kind.value, kind.label.capitalize()) for kind in DONE_KINDS],
    )
    note = forms.CharField(
        label="Page or search terms (optional)", max_length=200, required=False
    )

    def values(self):
        return {"kind": self.cleaned_data["done"], "note": self.cleaned_data["note"]}


class NotOursForm(ActionForm):
    kind = ActionKind.NOT_OURS
    heading = "Not a council service"
    button = "Not a council service"
    note = forms.CharField(label="Responsible organisation", max_length=200)

    def values(self):
        return {"note": self.cleaned_data["note"]}


class DismissForm(ActionForm):
    kind = ActionKind.DISMISSED
    heading = "Dismiss"
    button = "Dismiss"


class ReopenForm(ActionForm):
    kind = ActionKind.REOPENED
    heading = "Reopen"
    button = "Reopen"


class WordsForm(ActionForm):
    """Adds search keywords to the draft of a page."""

    kind = ActionKind.WORDS
    heading = "Add search keywords to a page"
    button = "Add to draft"
    page = forms.ModelChoiceField(
        label="Page", queryset=Page.objects.all(), widget=AdminPageChooser
    )
    words = forms.CharField(
        label="Search keywords",
        max_length=200,
        help_text="Words residents use, separated by commas. They are added to the "
        "page's draft and take effect when you publish it.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.topic.can_be_searched:
            self.fields["words"].initial = self.topic.label

    def clean_page(self):
        page = self.cleaned_data["page"].specific
        mine = page.permissions_for_user(self.user)
        if not isinstance(page, BasePage) or page.alias_of_id or not mine.can_edit():
            raise ValidationError("You cannot edit this page. Choose another page.")
        if mine.page_locked():
            raise ValidationError("This page is locked. Ask the person who locked it.")
        return page

    def clean(self):
        data = super().clean()
        if data.get("page") and data.get("words"):
            draft = data["page"].get_latest_revision_as_object()
            held = [draft.search_words] if draft.search_words else []
            draft.search_words = ", ".join([*held, data["words"]])
            most = BasePage._meta.get_field("search_words").max_length
            if len(draft.search_words) > most:
                text = f"The page's search keywords would be over {most} characters."
                self.add_error("words", f"{text} Remove some first.")
            self.draft = draft
        return data

    def perform(self, at):
        # Publishing validates the rest of the draft.
        self.draft.save_revision(user=self.user, log_action=True, clean=False)
        return super().perform(at)

    def values(self):
        note = f"“{self.cleaned_data['words']}” in “{self.draft.title}”"
        return {"note": note[:200]}


def forms_for(topic: Topic, user) -> dict[str, type[ActionForm]]:
    if not policy.user_has_permission(user, "add"):
        return {}
    writes = PagePermissionPolicy().user_has_any_permission(user, {"add", "change"})
    first = [WordsForm] if writes else []
    is_open = topic.state == TopicState.OPEN
    last = [NotOursForm, DismissForm] if is_open else [ReopenForm]
    return {form.name(): form for form in [*first, AssignForm, DoneForm, *last]}
