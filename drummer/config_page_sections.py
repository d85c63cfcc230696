"""The sections of `config.yaml` that are the page's; the others are in `drummer.config_sections`."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from drummer.config_checks import CHECKED, Positive


@dataclass(frozen=True, config=CHECKED)
class VisitorsConfig:
    """Limits for one visitor, so that others are served too; see `drummer.web.fair_queue` and `drummer.web.limits`.

    Attributes:
        per_visit: Requests of one visit, waiting or at work.
        per_address: Requests from one address, such as a school's, waiting or at work.
        long_per_address: Requests from one address that take long, such as songs and stems, waiting or at work.
        unheard_per_address: Requests from one address without a listener; every request has none in its first milliseconds.
        long_at_once: Requests that take long, such as songs and stems, at work at the same time; other workers are for the rest.
        listen_seconds: Seconds after which a request without a listener is dropped.
        crowded_listen_seconds: The same where its address has reached `unheard_per_address`, or where its listener has left.
        forget_seconds: Seconds after which a visit without requests and listeners is forgotten.
        max_body_bytes: Largest body of a request.
        max_upload_bytes: Largest file that may be uploaded.
        proxies: Networks of proxies whose `X-Forwarded-For` is believed.
    """

    per_visit: Annotated[int, Field(ge=1)]
    per_address: Annotated[int, Field(ge=1)]
    long_per_address: Annotated[int, Field(ge=1)]
    unheard_per_address: Annotated[int, Field(ge=1)]
    long_at_once: Annotated[int, Field(ge=1)]
    listen_seconds: Positive
    crowded_listen_seconds: Positive
    forget_seconds: Positive
    max_body_bytes: Annotated[int, Field(ge=1)]
    max_upload_bytes: Annotated[int, Field(ge=1)]
    proxies: tuple[str, ...]


@dataclass(frozen=True, config=CHECKED)
class EditingConfig:
    """Edits in the drum grid; see `drummer/web/grid/shaping.js`.

    Attributes:
        flam_seconds: Time from the grace note of a flam to its hit.
        flam_window: Two hits of a drum that are nearer than so many seconds are a flam; quantising keeps them together.
        flam_velocity: Velocity of the grace note, as a share of the hit's.
        roll_velocity: Velocity of the strokes of a roll that follow the first, as a share of its own.
    """

    flam_seconds: Positive
    flam_window: Positive
    flam_velocity: Annotated[float, Field(gt=0, le=1)]
    roll_velocity: Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True, config=CHECKED)
class SamplesConfig:
    """Sound files of the musician's own that play lanes of the drum grid; see `drummer.audio.samples`.

    Attributes:
        max_seconds: Longest sample.
        max_file_bytes: Largest file that the browser reads.
        max_total_bytes: Most that the samples of a take have together, in 16 bits: they travel with the request of an export,
            where four bytes take the room of three.
        kept: Number of samples that a browser keeps; the oldest that no take uses go first.
    """

    max_seconds: Positive
    max_file_bytes: Annotated[int, Field(ge=1)]
    max_total_bytes: Annotated[int, Field(ge=1)]
    kept: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, config=CHECKED)
class AppConfig:
    """The page; see `app.py`."""

    first_seed: int
    first_steady: float
    dice_sides: int
    workers: int
    queue_size: int
    max_nesting: int
    queue_seconds: float
    max_link_length: int
    link_pictures: int
    file_seconds: int
    sessions: int


@dataclass(frozen=True, config=CHECKED)
class PresetConfig:
    """A named starting point of the page; see `drummer.web.presets`.

    Attributes:
        name: Name on the page.
        genre: A genre.
        bpm: Tempo.
        seed: A seed, chosen by looking at the grooves of some with these settings, the default model and temperature.
        style: A style of the genre; None = any.
        meter: Time signature.
        bars: Number of bars.
        controls: Controls by name, in their own units.
    """

    name: str
    genre: str
    bpm: int
    seed: int
    style: str | None = None
    meter: str = "4/4"
    bars: int = 4
    controls: Mapping[str, float] = field(default_factory=dict)
