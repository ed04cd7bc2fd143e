"""What somebody says of a thing."""

from __future__ import annotations

from django import forms


class CommentForm(forms.Form):
    text = forms.CharField(
        label="Your comment",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-mentions": "", "autocomplete": "off"}),
        help_text="@ and a username tells that member. Plain text.",
    )
