"""Experimental models for the ablations of `report/`; the product does not use them."""
