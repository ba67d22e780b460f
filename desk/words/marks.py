"""Marks for sentences that are written here and said elsewhere, so that the extraction finds them."""


def N_(message: str) -> str:  # the mark gettext users know
    """A sentence that ``Words`` will say: ``words(message)``."""
    return message


def NC_(context: str, message: str) -> tuple[str, str]:
    """A sentence whose English has two meanings, with the context that tells them apart: ``words.within(*mark)``."""
    return context, message


def NN_(one: str, many: str) -> tuple[str, str]:
    """A sentence about one thing, and about more: ``words.plural(*mark, n)``."""
    return one, many
