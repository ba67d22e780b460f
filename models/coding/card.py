"""A fitted card: points, cut-offs, probabilities and where they came from, readable as JSON.

The points are an ordinary ``Scorecard``: fitted and expert cards score by the same code.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from models.coding.calibration import Calibration
from models.coding.shrinkage import Priors
from models.errors import ModelError
from models.policy import PolicyOnDay, Provenance, Thresholds
from models.scorecard import Scorecard


@dataclass(frozen=True)
class Origin:
    """What a card was fitted on.  Days are ISO dates; ``data_watermark`` is the last day anything became known.

    ``red_bound``: what bounds RED by score: ``share`` (as many as under the card in force), ``capacity`` (no more than
    the ``red_capacity`` special inspections the crews can make in time) or ``no_roster`` (the share, as these are
    unknown).  Where it is empty the policy did not ask.
    """

    family: str
    label: str
    fitted_for: str
    first_cohort: str
    last_cohort: str
    cohorts: int
    rows: int
    positives: int
    enterprises: int
    data_watermark: str
    pack: str
    pack_version: str
    pack_hash: str
    code_version: str
    red_bound: str | None = None
    red_capacity: int | None = None


@dataclass(frozen=True)
class FittedCard:
    """A scorecard with the cut-offs, calibrations and priors that were fitted with it.

    ``logit_per_point`` is what one point is worth in log-odds; ``directions`` how points must move by feature.
    """

    scorecard: Scorecard
    thresholds: Thresholds
    logit_per_point: float
    directions: Mapping[str, str]
    calibrations: Mapping[str, Calibration]
    priors: Priors | None
    origin: Origin

    @cached_property
    def card_id(self) -> str:
        """Short name: the first twelve characters of the content's SHA-256."""
        body = json.dumps(self._content(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()[:12]

    @property
    def calibration(self) -> Calibration:
        """Probability of the label the card was fitted for."""
        return self.calibrations[self.origin.label]

    def _content(self) -> dict[str, Any]:
        return {
            "scorecard": self.scorecard.to_dict(),
            "thresholds": self.thresholds.model_dump(),
            "logit_per_point": self.logit_per_point,
            "directions": dict(self.directions),
            "calibrations": {name: one.to_dict() for name, one in self.calibrations.items()},
            "priors": self.priors.to_dict() if self.priors else None,
            # What is not told leaves no trace, so the cards of former versions keep their ids.
            "origin": {name: value for name, value in asdict(self.origin).items() if value is not None},
        }

    def to_dict(self) -> dict[str, Any]:
        """The card as plain data."""
        return {"card_id": self.card_id, **self._content()}

    def to_json(self) -> str:
        """The card as readable JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "FittedCard":
        """Read a card back.  Raises ModelError when it was changed after it was saved."""
        card = cls(
            scorecard=Scorecard.from_dict(data["scorecard"]),
            thresholds=Thresholds(**data["thresholds"]),
            logit_per_point=data["logit_per_point"],
            directions=dict(data["directions"]),
            calibrations={name: Calibration.from_dict(one) for name, one in data["calibrations"].items()},
            priors=Priors.from_dict(data["priors"]) if data["priors"] else None,
            origin=Origin(**data["origin"]),
        )
        if data.get("card_id") != card.card_id:
            raise ModelError(
                "Card {card_id} was changed after it was saved. Restore the file, or fit anew.",
                card_id=data.get("card_id"),
            )
        return card


def with_card(policy: PolicyOnDay, card: FittedCard | None) -> PolicyOnDay:
    """The policy with a champion's points and cut-offs in place of the expert ones; rules stay as they are."""
    if card is None:
        return policy
    reference = (
        f"Card {card.card_id}, fitted on {card.origin.rows:,} rows of {card.origin.first_cohort} to "
        f"{card.origin.last_cohort} ({card.origin.label}); cut-offs keep the share of each code"
    )
    if card.origin.red_bound == "capacity":
        reference += f", RED no more than the {card.origin.red_capacity} that crews can visit in time"
    source = Provenance(basis="proposal", reference=reference)
    provenance = {**policy.codes.provenance, "thresholds": source}
    codes = replace(policy.codes, thresholds=card.thresholds, provenance=provenance)
    return replace(policy, scorecard=card.scorecard, codes=codes)


@cache
def code_version() -> str:
    """SHA-256 of the method's source, first twelve characters: two runs with the same one compute alike."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
