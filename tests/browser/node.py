"""Programs of the npm registry, each in a folder of its own inside `.venv`."""

import json
import subprocess
import sys
from pathlib import Path

VERSIONS = {
    "@mdn/mdn-http-observatory": "1.4.8",
    "lighthouse": "13.5.0",
    "vnu-jar": "26.9.27",
}
NODE = Path(sys.executable).with_name("node")
NPM = Path(sys.executable).with_name("npm")


def get_package(name: str) -> Path:
    """Return the folder of a package, installed in the version that is asked for."""
    home = Path(sys.prefix) / "node" / name
    package = home / "node_modules" / name
    about = package / "package.json"
    if about.exists() and json.loads(about.read_text())["version"] == VERSIONS[name]:
        return package
    print(f"Installing {name} {VERSIONS[name]}", flush=True)
    home.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *(NPM, "install", "--ignore-scripts", "--no-save", "--no-audit"),
            *("--no-fund", "--silent", "--prefix", home, f"{name}@{VERSIONS[name]}"),
        ],
        cwd=home,
        check=True,
    )
    return package
