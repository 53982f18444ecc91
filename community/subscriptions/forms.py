"""What residents fill in to follow pages, and to change what they follow (R4)."""

from django import forms

from community.models import Frequency, Subscription
from home.email_addresses import EmailAddressFormField


class EmailForm(forms.Form):
    """An email address. `website` is a honeypot that people do not see."""

    email = EmailAddressFormField(
        label="Your email address",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        help_text="We use it for these emails and for nothing else.",
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Browsers cut what is pasted in without a word; our error says it.
        self.fields["email"].widget.attrs.pop("maxlength", None)

    @property
    def is_spam(self) -> bool:
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
