"""The report on the models: `python -m report` measures its rows and writes `docs/report.md` with its pictures and sounds."""
