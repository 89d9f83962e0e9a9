"""Opening a page for a person, where there is a screen and a browser."""

import os
import sys
import webbrowser
from pathlib import Path


def open_page(path: Path) -> bool:
    """Show a file in the person's browser; False where nobody would see it."""
    seen = sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return seen and webbrowser.open(path.resolve().as_uri())
