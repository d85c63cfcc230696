"""Grooves from a model: parameters, planning, sampling."""
