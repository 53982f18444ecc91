"""Ends well when the site in this container can answer; Docker asks it."""

import os
import sys
from urllib.request import Request, urlopen

# It answers to its own names only.
HOST = os.environ["ALLOWED_HOSTS"].split(",")[0].strip()
PORT = os.environ.get("BIND", "127.0.0.1:8000").rpartition(":")[2]
ADDRESS = f"http://127.0.0.1:{PORT}/-/ready"

try:
    urlopen(Request(ADDRESS, headers={"Host": HOST}), timeout=4)
except OSError as error:
    sys.exit(f"{ADDRESS}: {error}")
