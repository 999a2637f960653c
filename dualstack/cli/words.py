"""What other tools call things: an unknown command names ours."""

from __future__ import annotations

from copy import copy
from typing import Any, Final

from typer import Typer
from typer.core import TyperGroup
from typer.main import get_command_name
from typer.models import CommandInfo, TyperInfo

OURS: Final = {
    **dict.fromkeys(("validate", "lint", "test", "audit"), "check"),
    **dict.fromkeys(("list", "ls", "stacks"), "sites"),
    **dict.fromkeys(("fleet", "overview", "dashboard", "state"), "status"),
    **dict.fromkeys(("init", "create", "add", "generate", "scaffold"), "new"),
    **dict.fromkeys(("build", "template", "synth", "export", "image", "write"), "render"),
    **dict.fromkeys(("graph", "diagram", "topology"), "plan SITE --format svg"),
    **dict.fromkeys(("values", "resources", "capacity"), "plan"),
    **dict.fromkeys(("get", "cat", "view", "describe", "inspect", "config"), "show"),
    **dict.fromkeys(("apply", "deploy", "install"), "up"),
    **dict.fromkeys(("dry-run", "what-if"), "preview"),
    **dict.fromkeys(("drift", "sync", "import"), "refresh"),
    **dict.fromkeys(("delete", "remove", "rm", "down", "uninstall"), "destroy"),
    **dict.fromkeys(("rule", "rules", "why", "doc", "docs"), "explain"),
    **dict.fromkeys(("probe", "health", "doctor", "ping"), "verify"),
    **dict.fromkeys(("compare", "changes"), "diff"),
    **dict.fromkeys(("records", "zone", "hosts"), "dns"),
    **dict.fromkeys(("login", "shell", "activate"), "env"),
    **dict.fromkeys(("version",), "--version"),
    **dict.fromkeys(("help", "commands"), "--help"),
    **dict.fromkeys(("completion", "completions"), "--install-completion"),
    **dict.fromkeys(("fix", "repair"), "check --fix"),
}
"""How a word of other tools is said here."""


def narrowed(app: Typer, arguments: list[str]) -> Typer:
    """Give the application with one command, where the first word is one: all parsers take as long as the rules do.

    Args:
        app: with all commands; help, and what is no command, need them.
        arguments: of the command line, without the program's name.
    """
    word = arguments[0] if arguments else ""
    one = copy(app)
    one.registered_commands = [command for command in app.registered_commands if _name(command) == word]
    one.registered_groups = [group for group in app.registered_groups if word in _names(group)]
    return one if one.registered_commands or one.registered_groups else app


def _names(group: TyperInfo) -> tuple[str | None, ...]:
    return (group.name, group.typer_instance.info.name if group.typer_instance else None)


def _name(command: CommandInfo) -> str:
    return command.name or (get_command_name(command.callback.__name__) if command.callback else "")


class Commands(TyperGroup):
    """The commands; one that does not exist names the one that was meant, as far as that can be told."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command, or fail with a hint."""
        word = args[0]
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            ctx.fail(f"There is no command {word!r}; {self._hint(ctx, word)}")
        return super().resolve_command(ctx, args)

    def _hint(self, ctx: Any, word: str) -> str:
        from difflib import get_close_matches

        known = self.list_commands(ctx)
        near = get_close_matches(word.lower(), [*known, *OURS], 1, 0.7)
        if not near:
            return f"the commands are {', '.join(known)}"
        ours = OURS.get(near[0], near[0])
        return f"write dualstack {ours}"
