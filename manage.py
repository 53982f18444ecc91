#!/usr/bin/env python
"""Run Django's and the project's commands: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockton_cms.settings")
    execute_from_command_line(sys.argv)
