"""The panels of the page, a module each: `build` makes its widgets, `wire` says what they do."""
