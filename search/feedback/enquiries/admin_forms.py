"""The forms of what an officer does with an enquiry: assign, answer, close."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from draftjs_exporter.error import ExporterException
from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.rich_text import get_text_for_indexing

from home.editorial.links.extraction import links_in_html
from home.pages import visible_pages
from home.people import name_of
from search.feedback.enquiries.models import Enquiry, EnquiryOutcome, EnquiryStatus
from search.feedback.enquiries.permissions import get_handlers, state_of

ANSWER_FEATURES = ["bold", "ol", "ul", "link"]
LONGEST_ANSWER, LONGEST_MARKUP = 5_000, 50_000
LARGEST_ID = 2**31 - 1
# Outcomes whose words promise residents an answer.
SAID_IN_ANSWER = {EnquiryOutcome.FOUND, EnquiryOutcome.NOT_OURS}


class EnquiryActionForm(forms.Form):
    """A step on an enquiry, which nobody else may have changed meanwhile.

    `seen` carries the state in which the officer saw it. Save inside the transaction
    that has locked the row.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, enquiry: Enquiry, **kwargs):
        super().__init__(*args, **kwargs)
        self.enquiry = enquiry
        self.initial["seen"] = state_of(enquiry)

    def clean(self):
        """Refuse to overwrite; what was typed stays, and counts when sent again."""
        data = super().clean()
        state = state_of(self.enquiry)
        if data.get("seen") == state:
            return data
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = state
        last = self.enquiry.events.select_related("by").last()
        who = (name_of(last.by) if last else "") or "Somebody else"
        what = f" ({last.what})" if last else ""
        raise ValidationError(
            f"{who} has changed this enquiry since you opened this page{what}. Nothing "
            "was overwritten. Read how it stands now, then send yours again if it is "
            "still right."
        )

    def save(self, by, at: datetime) -> str:
        """Store the step; return what was done in words, or "" for nothing."""
        raise NotImplementedError

    def _store(self, **values) -> None:
        """Save these fields alone, as jobs change others at the same time."""
        for name, value in values.items():
            setattr(self.enquiry, name, value)
        self.enquiry.save(update_fields=list(values))


class ColleagueField(forms.ModelChoiceField):
    """Chooses a colleague by name."""

    def label_from_instance(self, obj):
        """Return the colleague's name."""
        return name_of(obj)


class AssignForm(EnquiryActionForm):
    """Who deals with it."""

    assigned_to = ColleagueField(
        label="Who deals with it",
        queryset=None,
        required=False,
        empty_label="Nobody yet",
        help_text="The colleague finds it on the first page of the admin. Only those "
        "who may deal with enquiries can be chosen.",
        error_messages={
            "invalid_choice": "This colleague may not deal with enquiries, or has "
            "left. Choose somebody else."
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assigned_to"].queryset = get_handlers()
        self.initial["assigned_to"] = self.enquiry.assigned_to_id

    def save(self, by, at: datetime) -> str:
        """Assign it."""
        colleague = self.cleaned_data["assigned_to"]
        if colleague == self.enquiry.assigned_to:
            return ""
        self._store(assigned_to=colleague)
        return f"Assigned to {name_of(colleague) or 'nobody'}"


class AnswerEditor(DraftailRichTextArea):
    """Wagtail's editor, which takes what it cannot read for nothing at all.

    Only what it writes itself is read: HTML that a program sends is never stored.
    """

    def value_from_datadict(self, data, files, name):
        """Return the text as Wagtail stores it."""
        try:
            text = super().value_from_datadict(data, files, name) or ""
            # Half a character (a lone surrogate) can be stored nowhere, and a link
            # to a page without a number be shown nowhere.
            text.encode()
            self.converter.from_database_format(text)
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
            ExporterException,
        ):
            return ""
        return text


class AnswerForm(EnquiryActionForm):
    """What the resident reads at their reference."""

    answer = forms.CharField(
        required=False,
        help_text="The person who asked will read this at their reference; if they "
        "left an email address they are told once. Lead them with links. Do not "
        "repeat anything personal that they wrote.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Made here, as Wagtail knows its features only when all apps are there.
        editor = AnswerEditor(features=ANSWER_FEATURES)
        # The label's own `for` names what the editor hides. Without the interval, the
        # last quarter of a second is lost to whoever types and saves at once.
        editor.options |= {"ariaLabel": "Answer", "stateSaveInterval": 0}
        self.fields["answer"].widget = editor
        self.initial["answer"] = self.enquiry.answer

    def clean_answer(self) -> str:
        """Require words, not too many, and links that residents can follow."""
        answer = self.cleaned_data["answer"]
        length = len(get_text_for_indexing(answer).strip())
        if not length:
            raise ValidationError("Write an answer.")
        if length > LONGEST_ANSWER or len(answer) > LONGEST_MARKUP:
            raise ValidationError(
                f"Your answer has {length:,} characters. Use {LONGEST_ANSWER:,} at "
                "most, and few links."
            )
        self._check_links(answer)
        return answer

    def _check_links(self, answer: str) -> None:
        links = list(links_in_html(answer))
        pages = {link.page_id for link in links if link.page_id}
        addresses = [link.address for link in links if not link.page_id]
        if len(links) < answer.count("<a") or not all(
            address.startswith(("https://", "mailto:")) for address in addresses
        ):
            raise ValidationError(
                "Links may lead to pages of this site, to addresses that begin with "
                "https:// and to email addresses. Remove the others, or choose again."
            )
        known = {page for page in pages if page <= LARGEST_ID}
        shown = visible_pages(timezone.now()).filter(pk__in=known)
        if len(pages) > shown.count():
            raise ValidationError(
                "One of the links leads to a page that residents cannot open. Choose "
                "another page, or have it published first."
            )

    def save(self, by, at: datetime) -> str:
        """Store the answer; the resident is told by a job."""
        answer, is_first = self.cleaned_data["answer"], not self.enquiry.answered_at
        if answer == self.enquiry.answer and not is_first:
            return ""
        self._store(answer=answer, answered_at=at)
        return "Answered" if is_first else "Answered anew"


class CloseForm(EnquiryActionForm):
    """What came of it."""

    outcome = forms.ChoiceField(
        label="What came of it",
        choices=EnquiryOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what came of it."},
    )
    belongs_to = forms.CharField(
        label="Where it belongs",
        required=False,
        max_length=Enquiry._meta.get_field("belongs_to").max_length,
        help_text="Only if it is not ours: whose it is, such as 'NHS' or 'Job centre'.",
        error_messages={"max_length": "Use 200 characters at most."},
    )

    def clean(self):
        """Require what an outcome promises."""
        data = super().clean()
        outcome = data.get("outcome")
        if outcome != EnquiryOutcome.NOT_OURS:
            data["belongs_to"] = ""
        elif not data.get("belongs_to") and "belongs_to" not in self.errors:
            self.add_error("belongs_to", "Say where it belongs.")
        if outcome in SAID_IN_ANSWER and not self.enquiry.answered_at:
            self.add_error(
                "outcome", "Answer it first, so that the person is told where to go."
            )
        return data

    def save(self, by, at: datetime) -> str:
        """Close it."""
        outcome = self.cleaned_data["outcome"]
        self._store(
            status=EnquiryStatus.CLOSED,
            outcome=outcome,
            belongs_to=self.cleaned_data["belongs_to"],
            closed_at=at,
            closed_by=by,
        )
        return f"Closed: {EnquiryOutcome(outcome).label}"
