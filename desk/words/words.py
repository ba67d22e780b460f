"""The one speaker: every text that people read is said by ``Words``, in the language of the reader.

The English sentence is the msgid.  ``words("{n} rows", n=5)`` says it; ``words.plural`` counts; ``words.within`` names
the context where one English word has two meanings.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import reduce
from typing import Any

from desk.words.catalogue import SOURCE, languages, translations
from desk.words.labels import BECAUSE, CATEGORIES, CHANNEL, COLOURS
from models import vocabulary as vocab
from models.errors import RiskcodeError, SettingsError
from models.messages import N_, NC_, Label, Message, Remark

_AUTHORITY = {
    "city": NC_("authority", "city"),
    "district": NC_("authority", "district"),
    "town": NC_("authority", "town"),
}
"""Who inspects, as it stands behind the name of a place."""
_OF_PLACE = N_("{place} {authority}")
_BORROWED, _LENT = N_("{crew} ({lender})"), N_("lent by {home}")

STORED = ("zh", "en")
"""Languages whose texts tables keep, told when they are written; others read the English ones."""


class Words:
    """Texts in the reader's language.  Raises SettingsError for a language there is no catalogue of."""

    def __init__(self, language: str) -> None:
        if language not in languages():
            raise SettingsError(
                "'{language}' is not spoken here; languages: {known}. Set RISKCODE_LANG to one of them.",
                language=language,
                known=", ".join(languages()),
            )
        self.language = language
        self._said = translations(language)

    def __call__(self, message: str, /, **values: object) -> str:
        """A sentence, its ``{names}`` filled."""
        said = self._said.gettext(message) if message else ""
        return said.format(**values) if values else said

    def within(self, context: str, message: str, /, **values: object) -> str:
        """A sentence whose English has two meanings, in its context."""
        said = self._said.pgettext(context, message)
        return said.format(**values) if values else said

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """A sentence about ``n`` things."""
        return self._said.ngettext(one, many, n).format(n=n, **values)

    def either(self, row: Mapping[str, Any], name: str) -> str:
        """The reader's part of a text that a pack or a table keeps by language (``name_zh``, ``name_en``)."""
        told = row.get(f"{name}_{self.language}")
        return (row[f"{name}_{SOURCE}"] if told is None else told) or ""

    def of(self, told: Any) -> Any:
        """What a model says or a pack keeps in its languages (``zh``, ``en``), for the reader; all else as it is."""
        if isinstance(told, Message | Remark | RiskcodeError):
            return self(told.message, **{name: self.of(fact) for name, fact in told.facts.items()})
        if isinstance(told, Label):
            return self.label(*told)
        return getattr(told, self.language, None) or getattr(told, SOURCE, told)

    def label(self, codes: vocab.CodeList, key: str | None) -> str:
        """Label of a stored value; what the list does not know is shown as it is."""
        if key is None or key not in codes.labels:
            return key or "–"
        return self.within(codes.name, codes.labels[key])

    def datum(self, factor: str, value: str | None) -> str:
        """The datum a reason rests on; categories by their label."""
        codes = CATEGORIES.get(factor)
        return self.label(codes, value) if codes else (value or "–")

    def code(self, key: str) -> str:
        """A code with its colour, for a rich console."""
        return f"[{COLOURS[key]}] {self.label(vocab.CODE, key)} [/]"

    def day(self, value: date | int | None) -> str:
        """A day, also one counted from 1970-01-01."""
        if value is None:
            return "–"
        return (vocab.EPOCH + timedelta(days=value) if isinstance(value, int) else value).isoformat()

    def listing(self, parts: Iterable[str]) -> str:
        """Several things in a row, as the language strings them together."""
        return self.within("between things", ", ").join(parts)

    def aside(self, said: str, remark: str) -> str:
        """What is said, and a remark in brackets."""
        return self.within("a remark in brackets", "{said} ({remark})", said=said, remark=remark)

    def sentences(self, parts: Iterable[str]) -> str:
        """Sentences in a row; some languages leave no space between them."""
        return reduce(
            lambda said, more: self.within("sentences", "{said} {more}", said=said, more=more), parts
        )

    @property
    def colon(self) -> str:
        """What stands between a head and what it announces."""
        return self.within("between a head and what follows", ": ")

    @property
    def tag(self) -> str:
        """The language as a page names it in its ``lang`` attribute."""
        return self.within("language tag", "en")

    def division(self, code: str | None) -> str:
        """District name of a GB/T 2260 code of Jinan, else the text as delivered."""
        key = (code or "")[:6]
        return self.label(vocab.DIVISION, key if key in vocab.DIVISION.labels else code)

    def authority(self, level: str | None, division: str | None, *, is_short: bool = False) -> str:
        """Who inspects: the level, with its place where it has one; in short, a town's code without its district."""
        if not division:
            return self.label(vocab.LEVEL, level)
        place = self.division(division)
        if level == "town" and len(division) > 6 and place != division:
            place = division if is_short else f"{place} {division}"
        if level == "district" or level not in _AUTHORITY:
            return place
        return self(_OF_PLACE, place=place, authority=self.within(*_AUTHORITY[level]))

    def team(self, crew_id: str | None) -> str:
        """A crew by its name; a borrowed one (level/division/name) with its home, one made for a day by its first."""
        home, _, name = (crew_id or "–").rpartition("/")
        first, *others = name.split("+")
        name = f"{first} +{len(others)}" if others else name
        if not home:
            return name
        level, _, division = home.partition("/")
        return self(_BORROWED, crew=name, lender=self(_LENT, home=self.authority(level, division)))

    def reason(self, key: str | None) -> str:
        """Why a visit changed or has no day."""
        return self.label(BECAUSE, key)

    def channels(self, row: Mapping[str, Any]) -> str:
        """Why a visit is made: its channels, the foremost first."""
        return self.listing(self.label(CHANNEL, one) for one in row["channels"])


def kept(told: Any) -> dict[str, str]:
    """What a model says, in the languages that tables keep."""
    return {language: Words(language).of(told) for language in STORED}


def spellings(codes: vocab.CodeList) -> dict[str, str]:
    """Every way to write a value, lower-cased, with its key: key, label in any language, spelling of deliveries."""
    said = [Words(language) for language in languages()]
    return codes.spellings() | {words.label(codes, key).lower(): key for words in said for key in codes.keys}
