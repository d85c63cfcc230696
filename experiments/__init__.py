"""Code of experiments that the program itself does not use; `report/` measures with it."""
