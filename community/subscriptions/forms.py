"""What residents fill in to follow pages, and to change what they follow (R4)."""

from django import forms
from django.core.exceptions import ValidationError

from community.models import Frequency, Subscription
from community.subscriptions.addresses import email_key

INVALID = "Type an e-mail address like name@example.com."
LONGEST = 254


class EmailForm(forms.Form):
    """Somebody's e-mail address. `website` is a honeypot that people do not see."""

    email = forms.EmailField(
        label="Your e-mail address",
        max_length=LONGEST,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        help_text="We use it for these e-mails and for nothing else.",
        error_messages={
            "required": "Type your e-mail address.",
            "invalid": INVALID,
            "max_length": "That is too long for an e-mail address.",
        },
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Browsers cut what is pasted in without a word; our error says it.
        self.fields["email"].widget.attrs.pop("maxlength", None)

    def clean_email(self) -> str:
        """Refuse what the mail server could not take either."""
        email = self.cleaned_data["email"]
        local, _, _ = email.rpartition("@")
        # The check of the form takes a few other letters for ours.
        key = email_key(email)
        if not local.isascii() or not key or len(key) > LONGEST:
            raise ValidationError(INVALID)
        return email

    @property
    def is_from_a_program(self) -> bool:
        """Whether the field that people do not see was filled in."""
        return bool(self.data.get("website"))


class FollowForm(EmailForm):
    """Where to send updates, and how often."""

    frequency = forms.ChoiceField(
        label="How often do you want to hear from us?",
        choices=Frequency.choices,
        initial=Frequency.AT_ONCE,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how often you want to hear from us.",
            "invalid_choice": "Choose how often you want to hear from us.",
        },
    )


class FrequencyForm(forms.ModelForm):
    """How often, for one thing that somebody follows."""

    class Meta:
        model = Subscription
        fields = ["frequency"]
        widgets = {"frequency": forms.RadioSelect}
        labels = {"frequency": "How often"}
