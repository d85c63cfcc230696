"""Make the kits of this folder again, and set the gain that makes them equally loud.

Only needed to change the kits. On Debian 12, from the root of the project:

    apt-get install sf3convert libfluidsynth3
    .venv/bin/pip install -r soundfonts/requirements.txt
    .venv/bin/python soundfonts/build.py                  # all of them, or those that are named

The acoustic kits come from Debian's package, which it downloads with apt; the electronic ones are synthesised (`electronic.py`)
and written (`sf2.py`). All are converted to SF3 (the same bytes each time). Then it plays reference grooves on each kit, and
writes `gain_db` into the kit's description.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyloudnorm

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

import electronic  # noqa: E402
import sf2  # noqa: E402

from drummer.audio import Kit, find_kit, render  # noqa: E402
from drummer.music.groove import Groove, Hits  # noqa: E402
from drummer.music.voices import VOICE_INDEX  # noqa: E402

PACKAGE = "avldrums.lv2-soundfont=0.5.2-2"
SOURCES = {"black_pearl": "Black_Pearl_4_LV2.sf2", "red_zeppelin": "Red_Zeppelin_4_LV2.sf2"}
OGG_QUALITY = "0.6"
OGG_SERIAL = "1"  # sf3convert takes the time of day otherwise
TARGET_LUFS = -23.0  # EBU R 128; leaves room for accents

# Tempo and one bar each: accent, hit and ghost note on an even division of the bar. Accents are at full velocity, as drummers
# play backbeats: a tenth of the Groove MIDI Dataset's hits are.
VELOCITIES = {"X": 1.0, "x": 0.7, "o": 0.3}
REFERENCE_GROOVES: dict[str, tuple[float, dict[str, str]]] = {
    "rock": (
        110,
        {
            "kick": "X.x.....X.x.....",
            "snare": "....X.......X...",
            "hihat_closed": "x.x.x.x.x.x.x.x.",
        },
    ),
    "funk": (
        96,
        {
            "kick": "X.....x...x.....",
            "snare": "....X..o.o..X..o",
            "hihat_closed": "xoxoxoxoxoxoxo..",
            "hihat_open": "..............x.",
        },
    ),
    "jazz": (
        150,
        {
            "kick": "o.....o.....",
            "snare": "........o..x",
            "hihat_pedal": "...x.....x..",
            "ride": "x..x.ox..x.o",
        },
    ),
    "toms": (
        120,
        {
            "kick": "x.......x.......",
            "snare": "....X...........",
            "tom_high": "......xx........",
            "tom_mid": "..........xx....",
            "tom_low": "............x.X.",
            "crash": "x...............",
        },
    ),
}


def main(names: Sequence[str]) -> None:
    """Build kits, by default every one, and print what was measured."""
    names = names or [*SOURCES, *electronic.STYLES]
    with tempfile.TemporaryDirectory() as folder:
        if not SOURCES.keys().isdisjoint(names):
            unpacked = download(Path(folder))
        for name in names:
            if name in SOURCES:
                source = unpacked / "usr/share/sounds/sf2" / SOURCES[name]
            else:
                source = Path(folder) / f"{name}.sf2"
                source.write_bytes(synthesise(electronic.STYLES[name]))
            convert(source, FOLDER / f"{name}.sf3")
    for name in names:
        write_gain(name, 0.0)
        write_gain(name, TARGET_LUFS - loudness(find_kit(name, FOLDER)))
        kit = find_kit(name, FOLDER)
        print(f"{name}: gain {kit.gain_db:+.1f} dB, {loudness(kit):.2f} LUFS")


def synthesise(style: electronic.Style) -> bytes:
    """Play every voice of an electronic kit in all its layers, and put them into a soundfont."""
    zones = []
    for voice, (_, key, _, pan) in electronic.VOICES.items():
        choke = int(voice in electronic.HIHATS)
        for layer, samples in enumerate(electronic.recordings(style, voice)):
            zones.append(sf2.Zone(f"{voice} {layer + 1}", samples, key, electronic.LAYERS[layer], pan, choke))
    return sf2.soundfont(
        style.label, zones, electronic.SAMPLE_RATE, engineer="The Drummer project", copyright_note="CC0 1.0, no rights reserved"
    )


def download(folder: Path) -> Path:
    """Download the Debian package and unpack it; returns the folder it was unpacked to."""
    subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True)
    subprocess.run(["dpkg-deb", "-x", str(next(folder.glob("*.deb"))), "unpacked"], cwd=folder, check=True)
    return folder / "unpacked"


def convert(source: Path, target: Path) -> None:
    """Compress a soundfont's samples with Ogg Vorbis."""
    subprocess.run(
        ["sf3convert", "-z", "-q", OGG_QUALITY, "-S", OGG_SERIAL, str(source), str(target)], check=True, capture_output=True
    )


def loudness(kit: Kit) -> float:
    """Measure the mean loudness (ITU-R BS.1770-4, in LUFS) of the reference grooves on a kit."""
    return float(np.mean([groove_loudness(reference_groove(name), kit) for name in REFERENCE_GROOVES]))


def groove_loudness(groove: Groove, kit: Kit) -> float:
    """Measure the loudness of one groove on a kit, in LUFS, without its tail."""
    sound = render(groove, kit)
    meter = pyloudnorm.Meter(sound.sample_rate)
    return float(meter.integrated_loudness(sound.samples[: sound.loop_frames] / np.iinfo(np.int16).max))


def reference_groove(name: str, bars: int = 4) -> Groove:
    """Build a reference groove: its bar, repeated."""
    bpm, voices = REFERENCE_GROOVES[name]
    hits = [
        (4 * (bar + index / len(tab)), VOICE_INDEX[voice], VELOCITIES[mark])
        for bar in range(bars)
        for voice, tab in voices.items()
        for index, mark in enumerate(tab)
        if mark in VELOCITIES
    ]
    beats, indices, velocities = zip(*hits, strict=True)
    return Groove.from_hits(Hits(np.array(beats), np.array(indices), np.array(velocities, dtype=np.float32)), bpm, bars=bars)


def write_gain(name: str, gain_db: float) -> None:
    """Replace the gain in a kit's description, and leave the rest as it is written."""
    path = FOLDER / f"{name}.yaml"
    text, count = re.subn(r"^gain_db: .*$", f"gain_db: {gain_db:.1f}", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if count != 1:
        raise SystemExit(f"{path.name} must have one line 'gain_db: ...'")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
