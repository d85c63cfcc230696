"""Checks of values that users give, and quotes of them for error messages. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TypeGuard

from drummer.errors import SettingError

QUOTED = 40  # most characters of a value that an error repeats
_MAX_DIGITS = 20  # of a number that is quoted; Python refuses to write out numbers of thousands of digits, or takes forever


def quote(value: object) -> str:
    """Quote a value for an error message: in one line of at most 40 characters, which any encoding can hold.

    Text is in quotation marks, with unprintable characters escaped, such as half of a surrogate pair. Of lists and objects only
    the length is given, since they may be nested deeper than Python can write.

    Example:
        >>> quote("polka"), quote(8.0), quote([[1], 2])
        ("'polka'", '8', 'a list of length 2')
    """
    if isinstance(value, str):
        return _cut_text(value)
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_MAX_DIGITS else f"a number of more than {_MAX_DIGITS} digits"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value or value != value else repr(float(value))
    if isinstance(value, Mapping):
        return f"names and values of length {len(value)}"
    if isinstance(value, Sequence | Set) and not isinstance(value, bytes | bytearray):
        return f"a list of length {len(value)}"
    return f"something of the type {type(value).__name__[:QUOTED]}"


def cut(text: object) -> str:
    """Shorten text from elsewhere, such as a library's error or a path, as `quote` does, without quotation marks."""
    return _cut_text(str(text))[1:-1]


def quote_path(path: object) -> str:
    """Quote a path for an error message as it is, or only its end if it has more than 40 characters."""
    text = str(path)
    return text if len(text) <= QUOTED and text.isprintable() else f"…{cut(text[1 - QUOTED :])}"


def check_name(noun: str, name: object, names: Iterable[str]) -> str:
    """Check a name against a list of valid ones.

    Args:
        noun: The name of the setting for the error message, such as `genre`.
        name: The value.
        names: The valid names.

    Raises:
        SettingError: If it is not among them.
    """
    if not isinstance(name, str) or name not in names:
        shown = quote(name) if isinstance(name, str) else f"'{quote(name)}'"
        raise SettingError(f"unknown {noun} {shown}, it must be one of {', '.join(names)}")
    return name


def check_number(noun: str, value: object, limits: tuple[float, float], unit: str = "") -> float:
    """Check a number against its limits, both included; NaN is outside.

    Raises:
        SettingError: If it is outside, or not a number.
    """
    low, high = limits
    if not is_number(value) or not low <= value <= high:
        raise SettingError(f"{noun} must be {spell_range(low, high)}{unit}, got {quote(value)}")
    return value


def spell_range(low: float, high: float) -> str:
    """Spell a range for a sentence, such as `from 30 to 300`."""
    return f"from {low:g} to {high:g}"


def begin_sentence(text: str) -> str:
    """Write the first word with a capital letter, unless it is a name such as `groove.json`."""
    first = text.split(" ", 1)[0]
    return text[0].upper() + text[1:] if first.isalpha() and first.islower() else text


def check_whole(noun: str, value: object, limits: tuple[int, int]) -> int:
    """Check a whole number against its limits, both included. A float such as 8.0 is accepted, since pages and JSON send them.

    Raises:
        SettingError: If it is outside, or not whole.
    """
    low, high = limits
    if not is_number(value) or not low <= value <= high or value != int(value):
        raise SettingError(f"{noun} must be a whole number from {low} to {high}, got {quote(value)}")
    return int(value)


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a number; True and False are not, although Python's bool is an int."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cut_text(text: str) -> str:
    written = repr(text[:QUOTED])
    mark, inner = written[0], written[1:-1]
    if len(text) > QUOTED or len(inner) > QUOTED:
        inner = f"{inner[: QUOTED - 1]}…"
    return f"{mark}{inner}{mark}"
