"""The forms with which residents subscribe and manage their subscriptions."""

from django import forms

from community.models import Frequency, Subscription
from home.email_addresses import EmailAddressFormField


class EmailForm(forms.Form):
    """An email address. `website` is a honeypot that people do not see."""

    email = EmailAddressFormField(
        label="Email address",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        help_text="We'll only use it to send you email updates.",
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Browsers silently cut what is pasted; our error message explains instead.
        self.fields["email"].widget.attrs.pop("maxlength", None)

    @property
    def is_spam(self) -> bool:
        return bool(self.data.get("website"))


class SubscribeForm(EmailForm):
    """Where to send updates, and how often."""

    frequency = forms.ChoiceField(
        label="How often do you want to get updates?",
        choices=Frequency.choices,
        initial=Frequency.AT_ONCE,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Select how often you want to get updates",
            "invalid_choice": "Select how often you want to get updates",
        },
    )


class FrequencyForm(forms.ModelForm):
    class Meta:
        model = Subscription
        fields = ["frequency"]
        widgets = {"frequency": forms.RadioSelect}
        labels = {"frequency": "How often"}
