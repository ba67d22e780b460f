"""Documents as people write them.

YAML without keys that stand twice, for which of the two is meant nobody can tell; parts without unknown keys; texts in
both languages.
"""

from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_FOR_THE_READER = ("tag:yaml.org,2002:merge", "tag:yaml.org,2002:value")
"""Kinds of keys (``<<``, ``=``) that have no value of their own."""


class RepeatedKeyError(yaml.YAMLError):
    """A key that stands twice in one mapping, and the line (from 1) in which it does again."""

    def __init__(self, key: str, line: int) -> None:
        super().__init__(f"line {line}: {key} stands twice")
        self.key, self.line = key, line


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key stands once in its mapping, however deep; what ``<<`` brings may be said anew."""

    def get_single_node(self) -> yaml.Node | None:
        """The document.  Raises RepeatedKeyError."""
        # Looked at before anything is made of it: a mapping that was merged into holds keys twice, and rightly.
        node = super().get_single_node()
        left, seen = [] if node is None else [node], set[int]()
        while left:
            node_now = left.pop()
            if id(node_now) in seen:
                continue
            seen.add(id(node_now))
            if isinstance(node_now, yaml.MappingNode):
                self._refuse_repeats(node_now)
                left += [part for pair in node_now.value for part in pair]
            elif isinstance(node_now, yaml.SequenceNode):
                left += node_now.value
        return node

    def _refuse_repeats(self, node: yaml.MappingNode) -> None:
        found = set[object]()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            # Compared as what is made of them: 1, 1.0 and true are one key.
            meant = key.value if key.tag in _FOR_THE_READER else self.construct_object(key, deep=True)
            if meant in found:
                raise RepeatedKeyError(key.value, key.start_mark.line + 1)
            found.add(meant)


def in_one_line(error: Exception) -> str:
    """What a reader of documents says is wrong, without its line breaks."""
    return " ".join(str(error).split())


class Strict(BaseModel):
    """A part of a document: no unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Strict):
    """One text in both languages."""

    zh: Text
    en: Text

    def __str__(self) -> str:
        """The English text, as it stands in English sentences."""
        return self.en
