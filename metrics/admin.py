"""The admin: people only. Everything else is written through services, which check, sign and audit."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from metrics.models.product import User

admin.site.register(User, UserAdmin)
