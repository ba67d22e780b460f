"""Every error this project raises on purpose, drawn as a tree.

RiskcodeError
├── SettingsError          a setting of this installation says something that cannot be
├── PolicyError            a policy pack cannot be used
│   └── PolicyGapError     no dated value covers the day asked for
├── MappingError           a mapping file does not say how to read a delivery
├── DeliveryError          a delivery cannot be read at all (single rows are refused, not raised)
├── WarehouseError         the warehouse or the published copy is not in a usable state
│   └── BusyError          another run holds the warehouse
├── ScoreError             a result broke a promise (contributions, exactly one code); nothing is published
├── DrawError              a draw cannot be committed to, or what is revealed does not fit the commitment
├── DisputeError           an objection or override is not allowed as it was asked for; nothing was recorded
│   └── DayError           it was dated on a day on which nothing can be decided
├── DeskError              what was asked of the desk is not given; nothing was done
│   ├── ForbiddenError     who asks may not do that
│   ├── UnansweredError    the question itself cannot be: no such day, no such value
│   ├── TooLongError       more was sent than is taken
│   └── TooOftenError      one address asked too often
├── FieldError             a visit's form or step is not allowed as it was asked for; nothing was recorded
│   ├── FaultsError        it lacks something; every fault names its next step
│   ├── ConflictError      somebody else changed it meanwhile; both versions are told
│   ├── NotThereError      no such thing, or none for whoever asks
│   └── LoginError         nobody can be let in like that
└── ModelError             a scorecard cannot be fitted, found or promoted
    └── LeakageError       something would be learnt that could not be known

A message states the fact and the next step, in that order.
"""

from collections.abc import Sequence
from functools import partial


class RiskcodeError(Exception):
    """Base of all errors a user can act on; the CLI prints its text without a traceback.

    ``message`` is an English sentence with ``{names}`` of facts, so that the desk can say it in the reader's language.
    """

    exit_code = 1

    def __init__(self, message: str = "", **facts: object) -> None:
        super().__init__(message, facts)
        self.message, self.facts = message, facts

    def __str__(self) -> str:
        return self.message.format(**self.facts) if self.facts else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # The same error once more, on the other side of a process.
        return partial(type(self), self.message, **self.facts), ()


class SettingsError(RiskcodeError):
    """A setting of this installation (an environment variable) says something that cannot be."""

    exit_code = 2


class PolicyError(RiskcodeError):
    """A policy pack is malformed: unknown key, missing reference, overlapping bins."""

    exit_code = 3


class PolicyGapError(PolicyError):
    """No dated value of the pack covers the as-of date."""


class MappingError(RiskcodeError):
    """A mapping file is malformed or does not fit the delivery."""

    exit_code = 3


class DeliveryError(RiskcodeError):
    """A delivery cannot be read at all: no such folder, nothing in it that the mapping names."""

    exit_code = 4


class WarehouseError(RiskcodeError):
    """The warehouse or the published copy is missing, too new or damaged."""

    exit_code = 5


class BusyError(WarehouseError):
    """Another run is writing; only one may."""

    exit_code = 6


class ScoreError(RiskcodeError):
    """A result broke one of the promises of the method; the run stops before anything is published."""

    exit_code = 7


class DrawError(RiskcodeError):
    """A draw cannot be committed to, or what is revealed does not fit the commitment."""

    exit_code = 7


class DisputeError(RiskcodeError):
    """An objection or an override cannot be recorded or decided like that: too late, no reasons, wrong person."""

    exit_code = 9


class DayError(DisputeError):
    """A decision was dated on a day on which nothing can be decided; as wrong as any other option."""

    exit_code = 2


class DeskError(RiskcodeError):
    """What was asked of the desk is not given, and nothing was done; ``status`` is what a browser is told."""

    status = 400


class ForbiddenError(DeskError):
    """Who asks is known and may not do that."""

    status = 403


class UnansweredError(DeskError):
    """The question itself cannot be answered: no such day, no such value."""

    status = 422


class TooLongError(DeskError):
    """More was sent than is taken; the rest was not read."""

    status = 413


class TooOftenError(DeskError):
    """One address asked too often."""

    status = 429


class FieldError(RiskcodeError):
    """A visit at the desk: a form or a step is not allowed as it was asked for, and nothing was recorded."""

    exit_code = 9


class FaultsError(FieldError):
    """What a form lacks, all of it at once: messages in ``faults``."""

    def __init__(self, message: str = "", *, faults: Sequence[object] = (), **facts: object) -> None:
        super().__init__(message, **facts)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return " ".join((super().__str__(), *map(str, self.faults)))

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), self.message, faults=self.faults, **self.facts), ()


class ConflictError(FieldError):
    """Somebody else changed it meanwhile: ``held`` is what the ledger has, ``offered`` what was to be written."""

    def __init__(
        self, message: str = "", *, held: object = None, offered: object = None, **facts: object
    ) -> None:
        super().__init__(message, **facts)
        self.held, self.offered = held, offered

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), self.message, held=self.held, offered=self.offered, **self.facts), ()


class NotThereError(FieldError):
    """There is none, or it belongs to another authority: whoever asks cannot tell one from the other."""


class LoginError(FieldError):
    """Nobody can be let in like that: a wrong password, too many attempts, a session that is over."""


class ModelError(RiskcodeError):
    """A scorecard cannot be fitted from the data there is, is not known, or did not pass the gate."""

    exit_code = 8


class LeakageError(ModelError):
    """Training would see what could not be known on the day it is tried on."""
