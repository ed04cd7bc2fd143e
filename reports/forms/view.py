"""The form that saves a table of runs under a name."""

from __future__ import annotations

from django import forms


class ViewForm(forms.Form):
    query = forms.CharField(max_length=1000, required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label="Name of the view", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    default = forms.BooleanField(label="Open the runs with it", required=False)
