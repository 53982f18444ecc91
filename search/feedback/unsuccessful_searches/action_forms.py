"""What an officer may do about a topic: a small form for each."""

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
    FindabilityAction,
    Kind,
    State,
    policy,
)
from search.feedback.unsuccessful_searches.topic_stats import Topic


class ActionForm(forms.Form):
    """One thing to do; `last` is what was last done when the officer looked."""

    kind: Kind
    heading = ""
    button = ""
    last = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, topic: Topic, user, data=None):
        self.topic, self.user = topic, user
        last = topic.actions[-1].pk if topic.actions else None
        # Several forms of the page have fields of one name.
        super().__init__(data, initial={"last": last}, auto_id=f"{self.name()}-%s")

    @classmethod
    def name(cls) -> str:
        """Return what the form is called in the page."""
        return cls.__name__.removesuffix("Form").lower()

    def clean(self):
        """Refuse what was decided without knowing what a colleague has just done."""
        data = super().clean()
        if self.topic.actions and self.topic.actions[-1].pk != data.get("last"):
            sentence = self.topic.actions[-1].sentence
            raise ValidationError(
                f"{sentence}, while you looked at this page. Nothing was changed. "
                "Do it again if it is still right."
            )
        return data

    def fresh(self) -> "ActionForm":
        """Return the form with what was typed, for whoever has read the error."""
        self.data = {**self.data.dict(), "last": self.initial["last"] or ""}
        return self

    def values(self) -> dict:
        """Return what is kept besides who did it and when."""
        return {}

    def act(self, at: datetime) -> FindabilityAction:
        """Do it, and keep that it was done."""
        action = FindabilityAction(
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
    """Who deals with it."""

    kind = Kind.ASSIGNED
    heading = "Assign it"
    button = "Assign"
    assigned_to = forms.ModelChoiceField(label="Colleague", queryset=None)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["assigned_to"]
        field.queryset = policy.users_with_permission("add").order_by("username")
        field.label_from_instance = name_of
        field.initial = self.user

    def clean_assigned_to(self):
        """Refuse who may not open the queue."""
        whom = self.cleaned_data["assigned_to"]
        if not policy.user_has_permission(whom, "view"):
            raise ValidationError("This colleague may not read enquiries.")
        return whom

    def values(self):
        """Return the colleague."""
        return {"assigned_to": self.cleaned_data["assigned_to"]}


class DoneForm(ActionForm):
    """What was done elsewhere."""

    kind = Kind.WRITTEN
    heading = "Say that it is done"
    button = "It is done"
    done = forms.ChoiceField(
        label="What did you do?",
        choices=[(kind.value, kind.label.capitalize()) for kind in DONE_KINDS],
    )
    note = forms.CharField(
        label="Which page or words? (optional)", max_length=200, required=False
    )

    def values(self):
        """Return what was done, and to what."""
        return {"kind": self.cleaned_data["done"], "note": self.cleaned_data["note"]}


class NotOursForm(ActionForm):
    """Who does it, if it is not the council."""

    kind = Kind.NOT_OURS
    heading = "It is not ours"
    button = "Not ours"
    note = forms.CharField(label="Where does it belong?", max_length=200)

    def values(self):
        """Return where it belongs."""
        return {"note": self.cleaned_data["note"]}


class IgnoreForm(ActionForm):
    """There is nothing to do."""

    kind = Kind.IGNORED
    heading = "There is nothing to do"
    button = "Ignore it"


class ReopenForm(ActionForm):
    """It is to be dealt with after all."""

    kind = Kind.REOPENED
    heading = "There is more to do"
    button = "Open it again"


class WordsForm(ActionForm):
    """Words residents use, put into the draft of a page that the officer may edit."""

    kind = Kind.WORDS
    heading = "Add words to a page"
    button = "Add to its draft"
    page = forms.ModelChoiceField(
        label="Page", queryset=Page.objects.all(), widget=AdminPageChooser
    )
    words = forms.CharField(
        label="Search keywords",
        max_length=200,
        help_text="Separate them with commas. They are added to the page's draft. "
        "Search finds the page by them once you publish it.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.topic.can_be_searched:
            self.fields["words"].initial = self.topic.label

    def clean_page(self):
        """Refuse a page that search does not know, or that the officer may not edit."""
        page = self.cleaned_data["page"].specific
        mine = page.permissions_for_user(self.user)
        if not isinstance(page, BasePage) or page.alias_of_id or not mine.can_edit():
            raise ValidationError("You may not edit this page. Choose another.")
        if mine.page_locked():
            raise ValidationError("This page is locked. Ask who locked it.")
        return page

    def clean(self):
        """Refuse more words than a page holds."""
        data = super().clean()
        if data.get("page") and data.get("words"):
            draft = data["page"].get_latest_revision_as_object()
            held = [draft.search_words] if draft.search_words else []
            draft.search_words = ", ".join([*held, data["words"]])
            most = BasePage._meta.get_field("search_words").max_length
            if len(draft.search_words) > most:
                text = f"The page would have more than {most} characters of such words."
                self.add_error("words", f"{text} Shorten its list first.")
            self.draft = draft
        return data

    def act(self, at):
        """Save the draft as the officer's; nothing is published."""
        # What else is wrong with the draft its editor says when it is published.
        self.draft.save_revision(user=self.user, log_action=True, clean=False)
        return super().act(at)

    def values(self):
        """Return the page and the words."""
        note = f"“{self.cleaned_data['words']}” in “{self.draft.title}”"
        return {"note": note[:200]}


def forms_for(topic: Topic, user) -> dict[str, type[ActionForm]]:
    """Return what somebody can do about a topic as it stands, by name."""
    if not policy.user_has_permission(user, "add"):
        return {}
    writes = PagePermissionPolicy().user_has_any_permission(user, {"add", "change"})
    first = [WordsForm] if writes else []
    is_open = topic.state == State.OPEN
    last = [NotOursForm, IgnoreForm] if is_open else [ReopenForm]
    return {form.name(): form for form in [*first, AssignForm, DoneForm, *last]}
