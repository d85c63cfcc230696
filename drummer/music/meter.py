"""`Meter`: the time signature of a groove, with the groups that its beats form."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from drummer.errors import GrooveError, SettingError
from drummer.validation import quote

MAX_NUMERATOR = 32
DENOMINATORS = (1, 2, 4, 8, 16)  # the bar of each lasts whole sixteenths
# Drummers' bars come in fours, counted from the start of a performance: of training's fourth bars 28% are fills, of the others 12
# to 15%.
PHRASE_BARS = 4

_TEXT = re.compile(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*(?:[(:=,]?\s*(\d{1,2}(?:\s*\+\s*\d{1,2})+|\d{1,2})\s*\)?)?\s*")


class KnownMeter(NamedTuple):
    """A row of `KNOWN_METERS`: a time signature with its groupings and its share of the training data.

    Attributes:
        numerator: As in `Meter`.
        denominator: As in `Meter`.
        training_share: How often training makes this meter out of 4/4, see `drummer.data.meter_augmentation`. None: models do
            not learn it, and the page does not offer it.
        groupings: Groupings that musicians use, the usual one first; none = only that of the rule in `_usual_grouping`.
    """

    numerator: int
    denominator: int
    training_share: float | None
    groupings: tuple[tuple[int, ...], ...] = ()

    @property
    def signature(self) -> str:
        """The time signature, such as `7/8`."""
        return f"{self.numerator}/{self.denominator}"


# A new meter is a row here: the page's menu and scripts, the default grouping and the training data follow it.
# docs/development.md lists the cases that need more.
# Training draws from the rows in this order, so that another order would give other training data.
KNOWN_METERS = (
    KnownMeter(4, 4, 0.0),  # what the data set is in
    KnownMeter(3, 4, 0.22),
    KnownMeter(6, 8, 0.22),
    KnownMeter(12, 8, 0.1),
    KnownMeter(5, 4, 0.1, ((3, 2), (2, 3))),
    KnownMeter(7, 8, 0.1, ((2, 2, 3), (3, 2, 2), (2, 3, 2))),
    KnownMeter(2, 4, 0.06),
    KnownMeter(9, 8, 0.05),
    KnownMeter(6, 4, 0.04, ((3, 3),)),
    KnownMeter(7, 4, 0.05, ((4, 3), (3, 4))),
    KnownMeter(5, 8, 0.04, ((3, 2), (2, 3))),
    KnownMeter(3, 8, 0.02),
    KnownMeter(8, 8, None, ((3, 3, 2),)),
)
# The usual grouping of each signature in the table that does not follow the rule; the page's scripts get it as data.
USUAL_GROUPINGS = {known.signature: known.groupings[0] for known in KNOWN_METERS if known.groupings}


@dataclass(frozen=True)
class Meter:
    """A time signature and the grouping of its beats.

    Attributes:
        numerator: Number of note values in a bar, 1-32.
        denominator: The note value: 1, 2, 4, 8 or 16.
        grouping: Sizes of the groups that the bar falls into, in note values; each group begins with an accent. By default the
            usual one: 7/8 is 2+2+3, compound meters are in threes, 4/4 is one group of four.

    Raises:
        GrooveError: If the numbers are out of range or the groups do not fill the bar.
    """

    numerator: int
    denominator: int
    grouping: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the numbers and fill in the usual grouping."""
        whole = all(type(number) is int for number in (self.numerator, self.denominator, *self.grouping))
        if not whole or not 1 <= self.numerator <= MAX_NUMERATOR or self.denominator not in DENOMINATORS:
            raise GrooveError(
                f"a meter must be 1 to {MAX_NUMERATOR} over {', '.join(map(str, DENOMINATORS))}, "
                f"got {quote(f'{self.numerator}/{self.denominator}')}"
            )
        grouping = tuple(self.grouping) or _usual_grouping(self.numerator, self.denominator)
        if min(grouping) < 1 or sum(grouping) != self.numerator:
            raise GrooveError(
                f"the groups of {self.numerator}/{self.denominator} must add up to {self.numerator}, "
                f"got {quote('+'.join(map(str, grouping)))}"
            )
        object.__setattr__(self, "grouping", grouping)

    @classmethod
    def parse(cls, text: object) -> Meter:
        """Read a meter from text such as `6/8` or `7/8 (3+2+2)`; the inverse of `str`.

        Raises:
            GrooveError: If the text is of another form or a number out of range.
        """
        match = _TEXT.fullmatch(text) if isinstance(text, str) and len(text) <= _LONGEST_TEXT else None
        if match is None:
            raise GrooveError(f"a meter must look like 4/4, 6/8 or 7/8 (3+2+2), got {quote(text)}")
        numerator, denominator, groups = match.groups()
        grouping = tuple(int(size) for size in groups.split("+")) if groups else ()
        return cls(int(numerator), int(denominator), grouping)

    def __str__(self) -> str:
        """Write the signature, and the grouping where it is not the usual one: `6/8`, `7/8 (3+2+2)`."""
        if self.grouping == _usual_grouping(self.numerator, self.denominator):
            return self.signature
        return f"{self.signature} ({'+'.join(map(str, self.grouping))})"

    @property
    def signature(self) -> str:
        """The time signature without the grouping, such as `7/8`."""
        return f"{self.numerator}/{self.denominator}"

    @property
    def quarters(self) -> float:
        """Length of a bar in quarter notes, such as 3.5 in 7/8."""
        return 4 * self.numerator / self.denominator

    @property
    def compound(self) -> bool:
        """Whether each beat is a dotted note: 6/8, 9/8, 12/8 in threes. Musicians count 3/8 in eighths."""
        return self.denominator >= 8 and self.numerator > 3 and set(self.grouping) == {3}

    @property
    def pulse(self) -> float:
        """Distance of two clicks in quarter notes: a dotted quarter in 6/8, an eighth in 7/8, a quarter in 3/4."""
        return 4 / self.denominator * (3 if self.compound else 1)

    @property
    def pulses(self) -> int:
        """Number of clicks in a bar."""
        return self.numerator // 3 if self.compound else self.numerator

    @property
    def group_starts(self) -> tuple[float, ...]:
        """Beginning of each group, in quarter notes from the bar line."""
        return tuple(4 * start / self.denominator for start in accumulate(self.grouping[:-1], initial=0))

    @property
    def beat_eighths(self) -> tuple[int, ...]:
        """Lengths of the beats that a drummer counts, in eighths: quarter notes, dotted ones in 6/8, groups in 7/8.

        Raises:
            GrooveError: If a beat does not last whole eighths.
        """
        beats = (1,) * self.numerator if self.denominator <= _QUARTER else self.grouping
        lengths = tuple(divmod(8 * size, self.denominator) for size in beats)
        if any(rest for _, rest in lengths):
            raise GrooveError(f"the beats of {self} do not last whole eighths")
        return tuple(length for length, _ in lengths)

    def steps(self, steps_per_beat: int) -> int:
        """Count the grid steps in a bar, on a grid of `steps_per_beat` steps a quarter note.

        Raises:
            GrooveError: If that is not a whole number.
        """
        steps, rest = divmod(4 * self.numerator * steps_per_beat, self.denominator)
        if rest:
            raise GrooveError(f"a bar of {self.signature} does not last whole steps of {steps_per_beat} a quarter note")
        return steps


_LONGEST_TEXT = 100
_QUARTER = 4  # denominator


@lru_cache
def _usual_grouping(numerator: int, denominator: int) -> tuple[int, ...]:
    """Look the grouping up in `KNOWN_METERS`, or follow the rule.

    Eighths and shorter notes are in threes if these fit, or else in twos with a three at the end; longer notes are one group.
    """
    known = USUAL_GROUPINGS.get(f"{numerator}/{denominator}")
    if known is not None:
        return known
    if denominator < 8 or numerator <= 3:
        return (numerator,)
    if numerator % 3 == 0:
        return (3,) * (numerator // 3)
    return (2,) * (numerator // 2 - numerator % 2) + (3,) * (numerator % 2)


def check_meter(
    meter: Meter, playable: Collection[Meter], advice: str = "grooves in other meters can be edited, played back and exported"
) -> None:
    """Check that a model plays in a meter, whatever its grouping.

    Args:
        meter: The meter.
        playable: Meters that the model plays in.
        advice: End of the sentence of an error: what works in every meter.

    Raises:
        SettingError: If it does not, in one sentence.
    """
    signatures = [each.signature for each in playable]
    if meter.signature not in signatures:
        raise SettingError(f"the drummer plays in {', '.join(signatures)}, not in {meter.signature}: {advice}")


FOUR_FOUR = Meter(4, 4)
# The meters that the page offers and that models learn, in the order of menus; `TrainedModel.meters` has those of one model.
METERS = tuple(
    sorted(
        (Meter(known.numerator, known.denominator) for known in KNOWN_METERS if known.training_share is not None),
        key=lambda meter: (meter.denominator, meter.numerator),
    )
)


def groupings_of(meter: Meter) -> tuple[Meter, ...]:
    """List a meter of `METERS` in each of its groupings, the usual one first."""
    groupings = next(known.groupings for known in KNOWN_METERS if known.signature == meter.signature)
    return tuple(Meter(meter.numerator, meter.denominator, grouping) for grouping in groupings or ((),))
