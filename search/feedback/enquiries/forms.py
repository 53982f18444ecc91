"""What residents send us, and what keeps programs from sending it."""

from time import time

from django import forms
from django.conf import settings
from django.core import signing
from django.core.validators import MaxLengthValidator
from django.utils.http import url_has_allowed_host_and_scheme

from home.content.text import NormalisedLengthValidator
from search.engine.tokens import clean_query
from search.feedback.enquiries.models import Enquiry
from search.feedback.page_feedback.models import UsefulnessComment

SIGNER = signing.Signer(salt="enquiry-form")
FASTEST_PERSON_SECONDS = 3
FORM_LIFETIME_SECONDS = 24 * 60 * 60
NOTHING_PERSONAL = (
    "Do not give personal details, such as a National Insurance number or anything "
    "about your health."
)


class CarriedField(forms.CharField):
    """What the page carried along: cleaned and cut, as no resident can mend it."""

    widget = forms.HiddenInput

    def to_python(self, value):
        """Return one line of at most `max_length` characters."""
        return clean_query(super().to_python(value), self.max_length)


class ResidentsForm(forms.ModelForm):
    """A form that a person takes some time to fill in.

    `shown_at` is a signed time: a form filled in faster than a person can is not
    stored. `website` is a honeypot that people do not see.
    """

    shown_at = forms.CharField(widget=forms.HiddenInput, required=False)
    website = forms.CharField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # Browsers cut what is pasted in without a word; our error says it.
            field.widget.attrs.pop("maxlength", None)
            field.validators = [
                NormalisedLengthValidator(each.limit_value)
                if isinstance(each, MaxLengthValidator)
                else each
                for each in field.validators
            ]

    def clean(self):
        """Ask to send again what came faster than a person types, or far too late."""
        data = super().clean()
        if self.errors.keys() & set(self._meta.fields):
            # There is something to mend first, and that takes a person's time.
            return data
        try:
            shown_at = float(SIGNER.unsign(data.get("shown_at", "")))
        except signing.BadSignature:
            shown_at = 0
        age = time() - shown_at
        if age > FORM_LIFETIME_SECONDS:
            self.add_error(
                None, "The form was open for too long. Please send it again."
            )
        elif age < FASTEST_PERSON_SECONDS:
            self.add_error(
                None, "That was very quick. Check your message and send it again."
            )
        return data

    @property
    def is_spam(self) -> bool:
        """Whether the field that people do not see was filled in."""
        return bool(self.data.get("website"))


class EnquiryForm(ResidentsForm):
    """What a resident was looking for, and where to answer if they wish."""

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
            "email": "Your email address (optional)",
        }
        help_texts = {
            "message": NOTHING_PERSONAL,
            "email": "Only if you would like an answer. We use it for nothing else.",
        }
        error_messages = {
            "message": {
                "required": "Tell us what you were looking for.",
                "max_length": "Your message is too long. Use 5,000 characters at most.",
            },
        }

    def clean_from_path(self) -> str:
        """Keep only a path of this site."""
        path = self.cleaned_data["from_path"]
        is_local = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
        return path if path.startswith("/") and is_local else ""

    @property
    def retention_days(self) -> int:
        """How long the message is kept after it has been dealt with."""
        return settings.ENQUIRY_CLOSED_DAYS

    @property
    def days_of_email(self) -> int:
        """How long the email address is kept at most."""
        return settings.ENQUIRY_EMAIL_DAYS


class CommentForm(ResidentsForm):
    """The one question after "Was this page useful?"; nobody has to answer it."""

    class Meta:
        model = UsefulnessComment
        fields = ["comment"]
        widgets = {"comment": forms.Textarea(attrs={"rows": 4})}
        labels = {"comment": "What would have made it more useful? (optional)"}
        help_texts = {
            "comment": f"{NOTHING_PERSONAL} We read every word and cannot answer."
        }
        error_messages = {
            "comment": {
                "required": "Write something, or go back to the page.",
                "max_length": "That is too long. Use 1,000 characters at most.",
            }
        }

    @property
    def retention_days(self) -> int:
        """How long what somebody adds is kept."""
        return settings.USEFULNESS_COMMENT_DAYS


def signed_timestamp() -> str:
    """Return the signed time at which a form is shown."""
    return SIGNER.sign(str(time()))
