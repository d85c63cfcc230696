"""Writer of `docs/report.md`, from `template.md` and the stored results.

The template is Markdown with placeholders:

    {{table NAME [ARGUMENT]}}       a function of `report.tables` or `report.groove_tables`
    {{picture NAME: CAPTION}}       a picture of `report.pictures`
    {{number RESULT KEY.KEY FORMAT}} a figure of a result; the format is a number of digits or %, after `1-` the figure is
                                    subtracted from 1
    {{results}}, {{data}}           the table of all results, the checksum of the data
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drummer.config import ROOT
from drummer.errors import DrummerError
from report import groove_tables, pictures, results, tables

PATH = ROOT / "docs" / "report.md"
TEMPLATE = Path(__file__).with_name("template.md")
_PLACE = re.compile(r"\{\{(\w+) ?(.*?)\}\}", re.DOTALL)


def write(names: Sequence[str]) -> None:
    """Draw the pictures and write the report.

    Args:
        names: Names of all results, for their table.
    """
    results.FOLDER.mkdir(parents=True, exist_ok=True)
    drawn = pictures.draw_all()
    PATH.write_text(fill(TEMPLATE.read_text(encoding="utf-8"), names, drawn), encoding="utf-8")


def fill(template: str, names: Sequence[str], drawn: Sequence[str]) -> str:
    """Replace the placeholders of a template.

    Args:
        template: Text with the placeholders listed above.
        names: Names of all results.
        drawn: Names of the pictures that exist.

    Raises:
        DrummerError: If a placeholder is of an unknown kind.
    """

    def filled(place: re.Match[str]) -> str:
        kind, rest = place.group(1), place.group(2)
        match kind:
            case "table":
                name, *arguments = rest.split()
                return str(getattr(tables if hasattr(tables, name) else groove_tables, name)(*arguments))
            case "picture":
                name, _, caption = rest.partition(": ")
                there = f"![{caption}](report/{name}.png)\n\n*{caption}*"
                return there if name in drawn else f"*{caption}* (not measured)"
            case "number":
                return number(*rest.split())
            case "results":
                return tables.all_results(names)
            case "data":
                return ", ".join(sorted({stored.data for name in names if (stored := results.load(name))})) or tables.NOT_MEASURED
        raise DrummerError(f"the report's template has a placeholder of an unknown kind, '{kind}'")

    return _PLACE.sub(filled, template)


def number(name: str, keys: str, form: str) -> str:
    """Format a figure of a result, such as `number("published_split", "validation.unknown.value", "%")`."""
    value: Any = tables.values_of(name)
    if value is None:
        return tables.NOT_MEASURED
    for key in keys.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    found = 1 - float(value) if form.startswith("1-") else float(value)
    form = form.removeprefix("1-")
    return tables.share(found) if form == "%" else f"{found:.{form}f}"
