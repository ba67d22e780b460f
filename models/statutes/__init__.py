"""How what somebody types on site finds a check item or a text of law, in spite of errors and in other words."""

from models.statutes.grams import asked_grams, grams
from models.statutes.places import Place, place_named
from models.statutes.said import also_said

__all__ = ["Place", "also_said", "asked_grams", "grams", "place_named"]
