"""Forms to assign, answer and close an enquiry."""

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
MAX_ANSWER_LENGTH, MAX_MARKUP_LENGTH = 5_000, 50_000
MAX_ID = 2**31 - 1
# These promise residents an answer.
OUTCOMES_NEEDING_ANSWER = {EnquiryOutcome.FOUND, EnquiryOutcome.NOT_OURS}


class EnquiryActionForm(forms.Form):
    """Refuses to overwrite what someone else has changed meanwhile.

    `seen` carries the state that the user saw. Save in the transaction that locked the
    row.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, enquiry: Enquiry, **kwargs):
        super().__init__(*args, **kwargs)
        self.enquiry = enquiry
        self.initial["seen"] = state_of(enquiry)

    def clean(self):
        data = super().clean()
        state = state_of(self.enquiry)
        if data.get("seen") == state:
            return data
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = state
        last = self.enquiry.events.select_related("by").last()
        who = (name_of(last.by) if last else "") or "Someone else"
        what = f" ({last.what})" if last else ""
        raise ValidationError(
            f"Your changes were not saved because {who} edited this enquiry{what}. "
            "Review the latest version and try again."
        )

    def save(self, by, at: datetime) -> str:
        """Store the change and return its description, or "" for none."""
        raise NotImplementedError

    def _store(self, **values) -> None:
        """Save only these fields: jobs change others at the same time."""
        for name, value in values.items():
            setattr(self.enquiry, name, value)
        self.enquiry.save(update_fields=list(values))


class ColleagueField(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return name_of(obj)


class AssignForm(EnquiryActionForm):
    assigned_to = ColleagueField(
        label="Assigned to",
        queryset=None,
        required=False,
        empty_label="Not assigned",
        help_text="They will see it in their tasks. Only people who can deal with "
        "enquiries are listed.",
        error_messages={
            "invalid_choice": "This person cannot deal with enquiries, or has left. "
            "Choose someone else."
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assigned_to"].queryset = get_handlers()
        self.initial["assigned_to"] = self.enquiry.assigned_to_id

    def save(self, by, at: datetime) -> str:
        colleague = self.cleaned_data["assigned_to"]
        if colleague == self.enquiry.assigned_to:
            return ""
        self._store(assigned_to=colleague)
        return f"Assigned to {name_of(colleague) or 'no one'}"


class AnswerEditor(DraftailRichTextArea):
    """Reads only what Wagtail's editor writes: other HTML counts as empty."""

    def value_from_datadict(self, data, files, name):
        try:
            text = super().value_from_datadict(data, files, name) or ""
            # A lone surrogate cannot be stored, nor a link without a page id shown.
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
    answer = forms.CharField(
        required=False,
        help_text="The enquirer can read this on their answer page. If they gave an "
        "email address, we will email them once. Link to the pages they need. Do not "
        "repeat any personal information.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Wagtail knows its features only once all apps are loaded.
        editor = AnswerEditor(features=ANSWER_FEATURES)
        # The label's own `for` names what the editor hides. With an interval, the last
        # quarter of a second of typing is lost when saving at once.
        editor.options |= {"ariaLabel": "Answer", "stateSaveInterval": 0}
        self.fields["answer"].widget = editor
        self.initial["answer"] = self.enquiry.answer

    def clean_answer(self) -> str:
        answer = self.cleaned_data["answer"]
        length = len(get_text_for_indexing(answer).strip())
        if not length:
            raise ValidationError("Enter an answer.")
        if length > MAX_ANSWER_LENGTH or len(answer) > MAX_MARKUP_LENGTH:
            raise ValidationError(
                f"Your answer has {length:,} characters. It must be "
                f"{MAX_ANSWER_LENGTH:,} characters or fewer, with few links."
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
                "Links must go to a page on this website, a web address that starts "
                "with https:// or an email address."
            )
        known = {page for page in pages if page <= MAX_ID}
        shown = visible_pages(timezone.now()).filter(pk__in=known)
        if len(pages) > shown.count():
            raise ValidationError(
                "One of the links goes to a page that is not public. Choose another "
                "page, or publish that page first."
            )

    def save(self, by, at: datetime) -> str:
        answer, is_first = self.cleaned_data["answer"], not self.enquiry.answered_at
        if answer == self.enquiry.answer and not is_first:
            return ""
        self._store(answer=answer, answered_at=at)
        return "Answered" if is_first else "Answer changed"


class CloseForm(EnquiryActionForm):
    outcome = forms.ChoiceField(
        label="Outcome",
        choices=EnquiryOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Select an outcome."},
    )
    belongs_to = forms.CharField(
        label="Responsible organisation",
        required=False,
        max_length=Enquiry._meta.get_field("belongs_to").max_length,
        help_text="Only if it is not a council service. For example, 'NHS'.",
        error_messages={"max_length": "Use 200 characters or fewer."},
    )

    def clean(self):
        data = super().clean()
        outcome = data.get("outcome")
        if outcome != EnquiryOutcome.NOT_OURS:
            data["belongs_to"] = ""
        elif not data.get("belongs_to") and "belongs_to" not in self.errors:
            self.add_error("belongs_to", "Enter the responsible organisation.")
        if outcome in OUTCOMES_NEEDING_ANSWER and not self.enquiry.answered_at:
            self.add_error("outcome", "Answer the enquiry first, to say where to go.")
        return data

    def save(self, by, at: datetime) -> str:
        outcome = self.cleaned_data["outcome"]
        self._store(
            status=EnquiryStatus.CLOSED,
            outcome=outcome,
            belongs_to=self.cleaned_data["belongs_to"],
            closed_at=at,
            closed_by=by,
        )
        return f"Closed: {EnquiryOutcome(outcome).label}"
