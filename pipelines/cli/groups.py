"""Commands whose modules are loaded when they are called, so that help and reading answer at once."""

from collections.abc import Sequence
from copy import copy
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from pipelines.cli.help import spoken


class Later(TyperCommand):
    """A command, or a group of commands, that is loaded when it is called.

    ``place`` is the module of ``pipelines.cli`` and the name there.  A line of help stands for it in a list.
    """

    def __init__(self, name: str, place: str, help: str | None = None) -> None:
        super().__init__(name, help=help)
        self.place = place

    def loaded(self) -> TyperCommand | TyperGroup:
        """The command itself."""
        module, _, name = self.place.partition(":")
        found = getattr(import_module(f"pipelines.cli.{module}"), name)
        shell = typer.Typer(rich_markup_mode="rich")
        if isinstance(found, typer.Typer):
            shell.add_typer(found, name=self.name, help=self.help)
        else:
            shell.command(self.name)(found)
        command = get_group(shell).commands[str(self.name)]
        assert isinstance(command, TyperCommand | TyperGroup)
        return command

    def make_context(self, *told: Any, **more: Any) -> Any:
        """Where calling begins."""
        return spoken(self.loaded()).make_context(*told, **more)


class Group(TyperGroup):
    """A group some of whose commands are loaded later.  Those without a line of help are loaded for its own help."""

    later: Sequence[Later] = ()

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Copies, since what is spoken is written into them: a group may be asked in another language next time.
        self.commands = {**self.commands, **{str(command.name): copy(command) for command in self.later}}

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Where calling begins; what lies above is spoken already."""
        command = spoken(self) if parent is None else self
        return super(Group, command).make_context(info_name, args, parent, **extra)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, as it is called or listed."""
        command = super().get_command(ctx, cmd_name)
        return spoken(command.loaded()) if isinstance(command, Later) and not command.help else command


def group_of(*later: Later) -> type[Group]:
    """A class of groups with these commands beside its own."""
    return type("Group", (Group,), {"later": later})
