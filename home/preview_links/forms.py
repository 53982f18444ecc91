"""What an officer says to make a preview link."""

from datetime import timedelta

from django import forms

from home.preview_links.models import PreviewLink

DAYS = {1: "a day", 7: "a week", 14: "two weeks", 30: "30 days"}


class PreviewLinkForm(forms.ModelForm):
    """Who the link is for, and for how long."""

    days = forms.TypedChoiceField(
        label="How long should it work?",
        choices=DAYS.items(),
        coerce=int,
        initial=7,
        widget=forms.RadioSelect,
        help_text="After that it stops by itself. You can take it back sooner.",
    )

    class Meta:
        model = PreviewLink
        fields = ["note"]
        help_texts = {
            "note": "For example 'Cllr Smith' or 'the printers'. Only officers see it."
        }
        error_messages = {
            "note": {"required": "Say who the link is for, so that others know."}
        }

    def save(self, commit=True):
        """Make the link, which works from now on."""
        link = self.instance
        link.expires_at = link.created_at + timedelta(days=self.cleaned_data["days"])
        return super().save(commit)
