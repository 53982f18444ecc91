"""The form to answer an enquiry."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from draftjs_exporter.error import ExporterException
from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.rich_text import get_text_for_indexing

from home.content.walker import links_in_html
from home.pages import visible_pages
from search.feedback.actions import ActionKind
from search.feedback.staff_forms import ActionForm

ANSWER_FEATURES = ["bold", "ol", "ul", "link"]
MAX_ANSWER_LENGTH, MAX_MARKUP_LENGTH = 5_000, 50_000
MAX_ID = 2**31 - 1


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


class AnswerForm(ActionForm):
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
        self.initial["answer"] = self.case.answer

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

    def perform(self, at):
        answer, is_first = self.cleaned_data["answer"], not self.case.answered_at
        if answer == self.case.answer and not is_first:
            return None
        kind = ActionKind.ANSWERED if is_first else ActionKind.CHANGED
        return self.case.do(kind, self.user, at, answer=answer, answered_at=at)
