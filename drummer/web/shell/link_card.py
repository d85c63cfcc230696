"""Link card: title, description and picture of a link, as other sites show it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from drummer.config import default_config
from drummer.errors import DrummerError
from drummer.files.document import from_code
from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_INDEX
from drummer.pictures import piano_roll
from drummer.pictures.colors import find_palette
from drummer.web.labels import spell

LINK = "groove"  # name of the parameter of a link that holds a groove
SIZE = (1200, 630)  # pixels, which Open Graph's and Twitter's large pictures have

_APP_TITLE = "Drummer"
_APP_DESCRIPTION = "Generate drum grooves with a human feel, edit them in the browser and take them to your DAW as MIDI or sound."


@dataclass(frozen=True)
class LinkCard:
    """Title, description and groove of a link; the app's own where it holds no groove."""

    title: str
    description: str
    groove: Groove | None = None


_APP_CARD = LinkCard(f"{_APP_TITLE}: drum grooves with a human feel", _APP_DESCRIPTION)


def read_card(code: str | None) -> LinkCard:
    """Describe a link by the code of its groove. A broken or too long code gives the app's own card."""
    if code is None or len(code) > default_config().app.max_link_length:
        return _APP_CARD
    try:
        take = from_code(code)
    except DrummerError:
        return _APP_CARD  # the page that opens says what is wrong with it
    groove, genre = take.groove, take.settings.get("genre")
    name = f"{spell(genre)} groove" if isinstance(genre, str) else "Drum groove"
    bars = f"{groove.bars} {'bar' if groove.bars == 1 else 'bars'}"
    facts = f"{groove.bpm:.0f} BPM, {bars} of {groove.meter.signature}"
    return LinkCard(f"{name}, {facts}", f"{name} at {facts}. Hear it, edit it and take it away as MIDI or sound.", groove)


def draw_card(code: str | None) -> bytes:
    """Draw the picture of a link, a PNG of `SIZE`: the title and the first bars of the groove.

    Cost is bounded: the code by `app.max_link_length`, the drawing by the bars of one row of the layout `card`. All broken codes
    have one picture, the app's own.
    """
    return _drawer()(code if read_card(code).groove is not None else None)


@lru_cache(maxsize=1)
def _drawer() -> Callable[[str | None], bytes]:
    """Return `_draw` with a memory of the last pictures: several sites ask for that of one link."""
    return lru_cache(maxsize=default_config().app.link_pictures)(_draw)


def _draw(code: str | None) -> bytes:
    card = read_card(code)
    groove = card.groove or _example()
    sizes = default_config().pianoroll.layouts["card"]
    first = groove.cut(0, min(groove.bars, sizes.bars_per_row))
    roll = Image.open(io.BytesIO(piano_roll.to_bytes(first, "png", title=card.title, layout="card")))
    roll.thumbnail(SIZE)
    picture = Image.new("RGB", SIZE, find_palette("light").page)
    picture.paste(roll, ((SIZE[0] - roll.width) // 2, (SIZE[1] - roll.height) // 2))
    buffer = io.BytesIO()
    picture.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def _example() -> Groove:
    """Make the groove of the app's own picture: two bars of a backbeat with ghost notes."""
    kick, snare, hihat = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))
    hits = [(beat / 2, hihat, 0.8 if beat % 2 == 0 else 0.45) for beat in range(16)]
    hits += [(beat, kick, 0.9) for beat in (0.0, 1.5, 2.5, 4.0, 5.75, 6.5)]
    hits += [(beat, snare, 0.95) for beat in (1.0, 3.0, 5.0, 7.0)] + [(1.75, snare, 0.3), (6.25, snare, 0.3), (7.75, snare, 0.4)]
    beats, voices, velocities = zip(*sorted(hits), strict=True)
    return Groove.from_hits(Hits(np.array(beats), np.array(voices), np.array(velocities, dtype=np.float32)), 96, bars=2)
