"""Song mode: blocks of bars, laid out in a row, and what is asked of the drummer in each."""

from drummer.web.song.control import read_blocks, song_control

__all__ = ["read_blocks", "song_control"]
