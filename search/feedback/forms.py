"""The forms for enquiries and comments, with their defences against spam."""

from time import time

from django import forms
from django.conf import settings
from django.core import signing
from django.core.validators import MaxLengthValidator
from django.utils.http import url_has_allowed_host_and_scheme

from home.content.text import NormalisedLengthValidator
from search.feedback.models import Enquiry, PageFeedbackComment
from search.tokens import clean_query

SIGNER = signing.Signer(salt="enquiry-form")
FASTEST_PERSON_SECONDS = 3
TOO_FAST = "You sent this very quickly. Wait a few seconds, then select Send again."
FORM_LIFETIME_SECONDS = 24 * 60 * 60
NOTHING_PERSONAL = (
    "Do not include personal information, like your National Insurance number or "
    "details about your health."
)


class CarriedField(forms.CharField):
    """Carried along by the page: cleaned and cut, as no resident can correct it."""

    widget = forms.HiddenInput

    def to_python(self, value):
        return clean_query(super().to_python(value), self.max_length)


class PublicForm(forms.ModelForm):
    """A form that takes a person some time to fill in.

    `shown_at` is a signed time, to reject forms sent faster than anyone can type.
    `website` is a honeypot.
    """

    shown_at = forms.CharField(widget=forms.HiddenInput, required=False)
    website = forms.CharField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # Browsers truncate pasted text silently; our validator says so.
            field.widget.attrs.pop("maxlength", None)
            field.validators = [
                NormalisedLengthValidator(each.limit_value)
                if isinstance(each, MaxLengthValidator)
                else each
                for each in field.validators
            ]

    def clean(self):
        data = super().clean()
        if self.errors.keys() & set(self._meta.fields):
            # Correcting these takes a person's time anyway.
            return data
        try:
            shown_at = float(SIGNER.unsign(data.get("shown_at", "")))
        except signing.BadSignature:
            shown_at = 0
        age = time() - shown_at
        if age > FORM_LIFETIME_SECONDS:
            self.add_error(None, "The page was open for too long. Send it again.")
        elif age < FASTEST_PERSON_SECONDS:
            self.add_error(None, TOO_FAST)
        return data

    @property
    def signed_time(self) -> str:
        return SIGNER.sign(str(time()))

    @property
    def is_spam(self) -> bool:
        return bool(self.data.get("website"))


class EnquiryForm(PublicForm):
    class Meta:
        model = Enquiry
        fields = ["message", "email", "query", "from_path"]
        field_classes = {"query": CarriedField, "from_path": CarriedField}
        widgets = {
            "message": forms.Textarea(attrs={"rows": 5}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        labels = {
            "message": "What were you looking for?",
            "email": "Email address (optional)",
        }
        help_texts = {
            "message": NOTHING_PERSONAL,
            "email": "We will only use this to answer you.",
        }
        error_messages = {
            "message": {
                "required": "Enter what you were looking for.",
                "max_length": "Your message must be 5,000 characters or fewer.",
            },
        }

    def clean_from_path(self) -> str:
        path = self.cleaned_data["from_path"]
        is_local = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
        return path if path.startswith("/") and is_local else ""

    @property
    def retention_days(self) -> int:
        return settings.ENQUIRY_CLOSED_DAYS

    @property
    def email_retention_days(self) -> int:
        return settings.ENQUIRY_EMAIL_DAYS


class CommentForm(PublicForm):
    class Meta:
        model = PageFeedbackComment
        fields = ["comment"]
        widgets = {"comment": forms.Textarea(attrs={"rows": 4})}
        labels = {"comment": "What would have made it more useful? (optional)"}
        help_texts = {
            "comment": f"{NOTHING_PERSONAL} We read every comment but cannot reply."
        }
        error_messages = {
            "comment": {
                "required": "Enter a comment, or go back to the page.",
                "max_length": "Your comment must be 1,000 characters or fewer.",
            }
        }

    @property
    def retention_days(self) -> int:
        return settings.PAGE_FEEDBACK_COMMENT_DAYS
