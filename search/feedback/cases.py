"""How staff answer, assign, close and reopen a case: an `Enquiry` or a `Topic`."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Media
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from wagtail.admin import messages
from wagtail.admin.rich_text import DraftailRichTextArea
from wagtail.rich_text import get_text_for_indexing

from home.content.text import name_of
from home.content.walker import links_in_html
from home.pages import visible_pages
from search.feedback.emails import notify_of_assignment
from search.feedback.models import OUTCOMES, POLICY, ActionKind, Enquiry

MAX_ANSWER_LENGTH, MAX_MARKUP_LENGTH = 5_000, 50_000
MAX_ID = 2**31 - 1


def may_read(user) -> bool:
    return POLICY.user_has_any_permission(user, ["view", "change"])


def may_handle(user) -> bool:
    return user.has_perm("search.change_enquiry")


class ActionForm(forms.Form):
    """An action on a case.

    `last` is the last action that the user saw, so that none of a colleague's is
    overwritten. `perform` returns what was done, or None if that changes nothing.
    """

    heading = ""
    last = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data, *, case, user):
        # Several forms on the page share field names.
        super().__init__(data, auto_id=f"{self.heading.lower()}-%s")
        self.case, self.user = case, user
        self.is_enquiry = isinstance(case, Enquiry)
        last = case.last_action
        self.initial["last"] = last.pk if last else None

    @property
    def html_id(self) -> str:
        return f"{self.heading.lower()}-form"

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


class AnswerEditor(DraftailRichTextArea):
    """Reads only what Wagtail's editor writes: other HTML counts as empty."""

    def value_from_datadict(self, data, files, name):
        try:
            text = super().value_from_datadict(data, files, name) or ""
            # A lone surrogate cannot be stored, nor a link without a page id shown.
            text.encode()
            self.converter.from_database_format(text)
        except Exception:
            return ""
        return text


class AnswerForm(ActionForm):
    heading = "Answer"
    answer = forms.CharField(
        required=False,
        help_text="The enquirer can read this on their answer page. If they gave an "
        "email address, we will email them once. Link to the pages they need. Do not "
        "repeat any personal information.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Wagtail knows its features only once all apps are loaded.
        editor = AnswerEditor(features=["bold", "ol", "ul", "link"])
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
        links = list(links_in_html(answer))
        pages = {link.page_id for link in links if link.page_id}
        is_safe = all(
            link.page_id or link.address.startswith(("https://", "mailto:"))
            for link in links
        )
        if not is_safe or len(links) < answer.count("<a"):
            raise ValidationError(
                "Links must go to a page on this website, a web address that starts "
                "with https:// or an email address."
            )
        known = [page for page in pages if page <= MAX_ID]
        if len(pages) > visible_pages(timezone.now()).filter(pk__in=known).count():
            raise ValidationError(
                "One of the links goes to a page that is not public. Choose another "
                "page, or publish that page first."
            )
        return answer

    def perform(self, at):
        answer, is_first = self.cleaned_data["answer"], not self.case.answered_at
        if answer == self.case.answer and not is_first:
            return None
        kind = ActionKind.ANSWERED if is_first else ActionKind.CHANGED
        return self.case.do(kind, self.user, at, answer=answer, answered_at=at)


class AssignForm(ActionForm):
    heading = "Assign"
    assigned_to = forms.ModelChoiceField(
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
        field = self.fields["assigned_to"]
        handlers = POLICY.users_with_permission("change").distinct()
        field.queryset = handlers.order_by("first_name", "last_name", "pk")
        field.label_from_instance = name_of
        self.initial["assigned_to"] = self.case.assigned_to

    def perform(self, at):
        colleague = self.cleaned_data["assigned_to"]
        if colleague == self.case.assigned_to:
            return None
        assigned, name = ActionKind.ASSIGNED, name_of(colleague)
        action = self.case.do(assigned, self.user, at, name, assigned_to=colleague)
        notify_of_assignment(action)
        return action


class ReopenForm(ActionForm):
    heading = "Reopen"

    def perform(self, at):
        return self.case.do(ActionKind.REOPENED, self.user, at)


class CloseForm(ActionForm):
    heading = "Close"
    outcome = forms.ChoiceField(
        label="Outcome",
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

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Only saving a promotion or a synonym says that there is one.
        hidden = {ActionKind.PROMOTED, ActionKind.SYNONYM}
        if not self.is_enquiry:
            hidden.add(ActionKind.FOUND)
        self.fields["outcome"].choices = [
            (kind.value, kind.label) for kind in OUTCOMES if kind not in hidden
        ]

    def clean(self):
        data = super().clean()
        outcome = data.get("outcome")
        if outcome != ActionKind.NOT_OURS:
            data["belongs_to"] = ""
        elif not data.get("belongs_to") and "belongs_to" not in self.errors:
            self.add_error("belongs_to", "Enter the responsible organisation.")
        promises_answer = outcome in {ActionKind.FOUND, ActionKind.NOT_OURS}
        if self.is_enquiry and self.case.is_awaited:
            self.add_error(None, "Answer the enquiry first: an email was asked for.")
        elif self.is_enquiry and promises_answer and not self.case.answered_at:
            self.add_error("outcome", "Answer the enquiry first, to say where to go.")
        return data

    def perform(self, at):
        kind = ActionKind(self.cleaned_data["outcome"])
        return self.case.do(kind, self.user, at, self.cleaned_data["belongs_to"])


class CaseView:
    def post(self, request, *args, **kwargs):
        if not may_handle(request.user):
            raise PermissionDenied
        form = self.action_forms.get(request.POST.get("action"))
        if form is None:
            messages.warning(request, "Nothing was changed. Check the status.")
        elif not form.is_valid():
            # The form itself is far below.
            button = messages.button(f"#{form.html_id}", "Go to the errors")
            text = f"Nothing was changed. The form “{form.heading}” has errors."
            messages.error(request, text, buttons=[button])
            return self.render_to_response(self.get_context_data(**kwargs), status=422)
        elif action := form.perform(timezone.now()):
            messages.success(request, f"{self.case}: {action}.")
        else:
            messages.info(request, "No changes were made.")
        return redirect(request.path)

    @cached_property
    def action_forms(self) -> dict[str, ActionForm]:
        if not may_handle(self.request.user):
            return {}
        forms_of = {"answer": AnswerForm} if isinstance(self.case, Enquiry) else {}
        if self.case.is_open:
            forms_of |= {"assign": AssignForm, "close": CloseForm}
        else:
            forms_of |= {"reopen": ReopenForm}
        data = self.request.POST
        return {
            name: form(
                data if data.get("action") == name else None,
                case=self.case,
                user=self.request.user,
            )
            for name, form in forms_of.items()
        }

    @property
    def media(self) -> Media:
        return sum((form.media for form in self.action_forms.values()), Media())

    def get_context_data(self, **kwargs):
        prefilled = {"searched": self.case.searched}
        if isinstance(self.case, Enquiry):
            prefilled["enquiry"] = self.case.reference
        kwargs |= {"case": self.case, "action_forms": self.action_forms}
        return super().get_context_data(prefilled=urlencode(prefilled), **kwargs)
