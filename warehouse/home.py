"""Where everything the system writes lives: one folder, ``RISKCODE_HOME``."""

from pathlib import Path
from typing import Final

from models.errors import WarehouseError


class Home:
    """Paths below ``RISKCODE_HOME``, named once and for all."""

    def __init__(self, root: Path) -> None:
        self.root: Final = root
        # The working database; one run at a time writes it.
        self.warehouse: Final = root / "warehouse.duckdb"
        # The read-only copy that all readers use; replaced whole, atomically.
        self.published: Final = root / "published" / "riskcode.duckdb"
        # The read-only copy of cards, evaluations and promotions; replaced whole, atomically.
        self.published_models: Final = root / "published" / "models.duckdb"
        # Fitted cards, one readable JSON file each.
        self.cards: Final = root / "cards"
        # Evaluation reports, one HTML file each.
        self.reports: Final = root / "reports"
        # Pages of single enterprises, one HTML file each.
        self.passports: Final = root / "passports"
        # One folder per source, each with its ``mapping.yaml`` and its files.
        self.inbox: Final = root / "inbox"
        # Where exports go when no path is given.
        self.exports: Final = root / "exports"
        # Seeds of draws committed to; secret until the draws are revealed.
        self.seeds: Final = root / "seeds"
        # Dagster's own instance: runs, events, schedules.
        self.dagster: Final = root / "dagster"
        # Great Expectations' Data Docs.
        self.approved: Final = root / "approved_mappings.jsonl"
        self.data_docs: Final = root / "data_docs"
        # Logs of runs.
        self.logs: Final = root / "logs"
        # Held by the one run that may write.
        self.lock: Final = root / "run.lock"

    def prepare(self) -> "Home":
        """Create the folders that must exist before anything is written.

        Raises WarehouseError when that is not possible.
        """
        try:
            for folder in (self.root, self.published.parent, self.inbox, self.dagster, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(
                "{root} cannot be written ({strerror}). Set RISKCODE_HOME to a folder of yours.",
                root=self.root,
                strerror=error.strerror,
            ) from error
        if set("?") & set(str(self.root)):
            raise WarehouseError(
                "{root} holds a '?', which Dagster's storage cannot use. Choose another.", root=self.root
            )
        return self
