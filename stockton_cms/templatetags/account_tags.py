from django import template

from stockton_cms.accounts.mfa import may_use_admin

register = template.Library()
register.filter(may_use_admin)
