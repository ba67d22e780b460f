"""The model card of a fitted card: what it is for and what not, what it rests on, how well it does and for whom.

After Mitchell et al., "Model Cards for Model Reporting" (2019).  All of it is derived from what is stored.
"""

from desk.pages.model_card.page import render, write_model_card

__all__ = ["render", "write_model_card"]
