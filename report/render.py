"""The report's text: `docs/report.md`, from `template.md` and the rows that have been measured.

The template is Markdown with four kinds of places that are filled in:

    {{table NAME [ARGUMENT]}}       a function of `report.tables`
    {{picture NAME: CAPTION}}       a picture of `report.pictures`
    {{number ROW KEY.KEY FORMAT}}   a figure of a row; the format is a number of digits or %, `1-` before it takes it from 1
    {{rows}}, {{data}}              the table of all rows, the checksum of the data
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drummer.config import ROOT
from drummer.errors import DrummerError
from report import pictures, results, tables

PATH = ROOT / "docs" / "report.md"
TEMPLATE = Path(__file__).with_name("template.md")
_PLACE = re.compile(r"\{\{(\w+) ?(.*?)\}\}", re.DOTALL)


def write(names: Sequence[str]) -> None:
    """Draw the pictures and write the report.

    Args:
        names: Of all rows, for the table of them.
    """
    results.FOLDER.mkdir(parents=True, exist_ok=True)
    drawn = pictures.draw_all()
    PATH.write_text(fill(TEMPLATE.read_text(encoding="utf-8"), names, drawn), encoding="utf-8")


def fill(template: str, names: Sequence[str], drawn: Sequence[str]) -> str:
    """Fill in a template.

    Args:
        template: See the module.
        names: Of all rows.
        drawn: The pictures that there are.

    Raises:
        DrummerError: If the template asks for what there is not.
    """

    def filled(place: re.Match[str]) -> str:
        kind, rest = place.group(1), place.group(2)
        match kind:
            case "table":
                name, *arguments = rest.split()
                return str(getattr(tables, name)(*arguments))
            case "picture":
                name, _, caption = rest.partition(": ")
                there = f"![{caption}](report/{name}.png)\n\n*{caption}*"
                return there if name in drawn else f"*{caption}* (not run)"
            case "number":
                return number(*rest.split())
            case "rows":
                return tables.all_rows(names)
            case "data":
                return ", ".join(sorted({row.data for name in names if (row := results.load(name))})) or tables.NOT_RUN
        raise DrummerError(f"the report's template has a place of an unknown kind, '{kind}'")

    return _PLACE.sub(filled, template)


def number(name: str, keys: str, form: str) -> str:
    """Write a figure of a row, such as `number("published_split", "validation.unknown.value", "%")`."""
    value: Any = tables.values_of(name)
    if value is None:
        return tables.NOT_RUN
    for key in keys.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    found = 1 - float(value) if form.startswith("1-") else float(value)
    form = form.removeprefix("1-")
    return tables.share(found) if form == "%" else f"{found:.{form}f}"
