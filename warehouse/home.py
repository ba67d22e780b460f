"""Where everything the system writes lives: one folder, ``RISKCODE_HOME``."""

from dataclasses import dataclass
from pathlib import Path

from models.errors import WarehouseError


@dataclass(frozen=True)
class Home:
    """Paths below ``RISKCODE_HOME``."""

    root: Path

    @property
    def warehouse(self) -> Path:
        """The working database; one run at a time writes it."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The read-only copy that all readers use; replaced whole, atomically."""
        return self.root / "published" / "riskcode.duckdb"

    @property
    def published_models(self) -> Path:
        """The read-only copy of cards, evaluations and promotions; replaced whole, atomically."""
        return self.root / "published" / "models.duckdb"

    @property
    def cards(self) -> Path:
        """Fitted cards, one readable JSON file each."""
        return self.root / "cards"

    @property
    def reports(self) -> Path:
        """Evaluation reports, one HTML file each."""
        return self.root / "reports"

    @property
    def passports(self) -> Path:
        """Pages of single enterprises, one HTML file each."""
        return self.root / "passports"

    @property
    def inbox(self) -> Path:
        """One folder per source, each with its ``mapping.yaml`` and its files."""
        return self.root / "inbox"

    @property
    def exports(self) -> Path:
        """Where exports go when no path is given."""
        return self.root / "exports"

    @property
    def seeds(self) -> Path:
        """Seeds of draws committed to; secret until the draws are revealed."""
        return self.root / "seeds"

    @property
    def dagster(self) -> Path:
        """Dagster's own instance: runs, events, schedules."""
        return self.root / "dagster"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' Data Docs."""
        return self.root / "data_docs"

    @property
    def logs(self) -> Path:
        """Logs of runs."""
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """Held by the one run that may write."""
        return self.root / "run.lock"

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
