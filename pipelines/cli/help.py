"""Help and usage errors in the reader's language.

Docstrings and ``help=`` are English; before a command is called or listed, the tree below it is walked and each text is
said by ``Words``.  What typer says by itself reaches the catalogue by gettext, or is recognised here.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from desk.words.catalogue import speak_for_libraries
from desk.words.words import Words
from models.messages import N_
from pipelines.cli.options import WrongUse
from pipelines.settings import load_settings

_USAGE, _SHOW_HELP = N_("Usage: "), N_("Show this message and exit.")
_TYPER = (
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("[default: {}]"),
    N_("[required]"),
    N_("Missing command."),
    N_("No such command {name!r}."),
    N_("Aborted!"),
)
"""Said by typer through gettext."""
MISTAKES = (
    N_("Invalid value for {name}: {why}"),
    N_("Invalid value: {why}"),
    N_("Missing argument '{name}'."),
    N_("Missing option '{name}'."),
    N_("No such option: {name} (Possible options: {known})"),
    N_("No such option: {name}"),
    N_("Option '{name}' requires an argument."),
    N_("Option '{name}' does not take a value."),
    N_("Got unexpected extra argument(s) ({arguments})"),
    N_("Value error, '{value}' does not match the formats {formats}."),
    N_("Input should be a valid integer, unable to parse string as an integer"),
    N_("Input should be a valid number, unable to parse string as a number"),
    N_("Input should be greater than or equal to {least}"),
    N_("Input should be less than or equal to {most}"),
    N_("file '{file}' does not exist."),
)
"""What typer says of a wrong call without gettext; the longer of two that fit first."""


def spoken(command: Any) -> Any:
    """A command and all below it that is loaded, said in the reader's language."""
    language = load_settings().language
    speak_for_libraries(language)
    words = Words(language)
    context = _context(words)
    for one in tree(command):
        one.context_class = context
        one.help = _said(one.help, words)
        one.short_help = _said(one.short_help, words)
        for param in _described(one.params):
            param.help = _said(param.help, words)
    return command


def tree(command: Any) -> Iterator[TyperCommand | TyperGroup]:
    """A command and all below it."""
    yield command
    for one in command.commands.values() if isinstance(command, TyperGroup) else ():
        yield from tree(one)


def texts(command: TyperCommand | TyperGroup) -> Iterator[str]:
    """Every paragraph of a command's help, and the help of its options and arguments."""
    for text in (command.help, command.short_help, *(one.help for one in _described(command.params))):
        yield from (text or "").split("\n\n")


def _described(params: Sequence[Any]) -> Iterator[TyperOption | TyperArgument]:
    return (one for one in params if isinstance(one, TyperOption | TyperArgument))


def _said(text: str | None, words: Words) -> str | None:
    return text and "\n\n".join(map(words, text.split("\n\n")))


def _context(words: Words) -> type[typer.Context]:
    """A context that says what typer writes out: the head of the usage line, the help of ``--help``."""

    class Formatter(typer.Context.formatter_class):
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, prefix or words(_USAGE))

    class Context(typer.Context):
        formatter_class = Formatter

        def __init__(self, command: Any, *args: Any, **more: Any) -> None:
            super().__init__(command, *args, **more)
            option = command.get_help_option(self)
            if option is not None:
                option.help = words(_SHOW_HELP)

    return Context


def mistake(error: Any, words: Words) -> str:
    """What is wrong with a call: how it is used, where help is, and what typer or a command did not accept."""
    lines: list[str] = []
    if error.ctx is not None:
        command, option = error.ctx.command_path, error.ctx.help_option_names[0]
        lines = [
            error.ctx.get_usage(),
            words("Try '{command} {option}' for help.", command=command, option=option),
            "",
        ]
    if isinstance(error, WrongUse):
        told = words("Invalid value: {why}", why=words(error.sentence, **error.facts))
    else:
        told = _recognised(error.format_message(), words)
    return "\n".join([*lines, words("Error: {message}", message=told)])


def _recognised(text: str, words: Words) -> str:
    for sentence in MISTAKES:
        if found := _pattern(sentence).fullmatch(text):
            return words(
                sentence, **{name: _recognised(part, words) for name, part in found.groupdict().items()}
            )
    return text


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(sentence)), re.DOTALL)
