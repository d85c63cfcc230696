"""Grooves in files: MIDI, drum maps of other kits, `groove.json` and the code in a link. Needs no torch."""
