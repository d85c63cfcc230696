"""Sheet music: a groove drawn as a drum part, the notes of `drummer.files.musicxml`."""

from __future__ import annotations

from collections.abc import Iterable

from drummer.config import default_config
from drummer.errors import SettingError
from drummer.files import musicxml
from drummer.music.groove import Groove
from drummer.pictures.colors import find_palette
from drummer.validation import check_whole

_LAYOUT = {
    "adjustPageHeight": True,
    "pageHeight": 60_000,  # the highest: one page holds all
    **dict.fromkeys(("pageMarginTop", "pageMarginBottom", "pageMarginLeft", "pageMarginRight"), 10),
    "header": "none",
    "footer": "none",
    "breaks": "auto",
    "staffLineWidth": 0.25,  # thinner lines vanish on screens of low density
    "svgViewBox": True,
    "svgFormatRaw": True,
    "removeIds": True,
    "xmlIdSeed": 1,  # the same notes give the same picture
}


def to_svg(groove: Groove, width: int, *, theme: str = "light", markers: Iterable[tuple[int, str]] = ()) -> str:
    """Draw a groove as a drum part in SVG, on a transparent background, as high as its lines of bars need.

    Args:
        groove: The groove.
        width: Width in pixels, 240-2000.
        theme: `light` or `dark`.
        markers: First bar, from 0, and name of each block of a song.

    Raises:
        SettingError: If the width or the theme is none of these, or the groove is longer than `notation.max_bars`.
    """
    config = default_config().notation
    ink = find_palette(theme).text
    width = check_whole("the width of sheet music", width, config.width)
    if groove.bars > config.max_bars:
        raise SettingError(
            f"sheet music is drawn for up to {config.max_bars} bars, and this groove has {groove.bars}: "
            "save it as MusicXML, which notation programs draw at any length"
        )
    import verovio  # loaded for sheet music alone

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({**_LAYOUT, "scale": config.scale, "pageWidth": round(100 * width / config.scale)})
    toolkit.loadData(musicxml.to_bytes(groove, markers=markers).decode())
    drawn: str = toolkit.renderToSVG(1)
    return drawn.replace('color="black"', f'color="{ink}" fill="{ink}"', 1)
