"""The texts that packs and catalogues rest on: laws, rules, standards and the sources of this project, with their days.

``texts.yaml`` names each text once; a citation is the text's short name and a place in it, ``安全生产法 65(1)3``.
"""

from models.law.criteria import Criterion, criteria_cited, marks
from models.law.questions import Question, questions
from models.law.texts import Citation, LegalText, legal_texts, read_citation

__all__ = [
    "Citation",
    "Criterion",
    "LegalText",
    "Question",
    "criteria_cited",
    "legal_texts",
    "marks",
    "questions",
    "read_citation",
]
