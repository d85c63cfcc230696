"""Song mode: a control for the blocks of a song."""

from drummer.web.song.control import read_blocks, song_control

__all__ = ["read_blocks", "song_control"]
