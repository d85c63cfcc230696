"""Report on the models: `python -m report` measures its results and writes `docs/report.md` with pictures and sounds."""
