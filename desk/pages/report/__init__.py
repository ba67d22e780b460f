"""The model report: one self-contained page that says whether a card helps, by how much and for whom it errs."""

from desk.pages.report.page import write_report

__all__ = ["write_report"]
