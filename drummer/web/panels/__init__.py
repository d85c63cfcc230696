"""The panels of the page, one module each: `build` makes the widgets, `wire` connects them to functions."""
