"""How commands are made: groups of verbs, each with its command and `--json`, and complaints on one line."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from kpiplatform.client.errors import one_line
from kpiplatform.client.said import Command

REFUSED = 2


class Parser(argparse.ArgumentParser):
    """argparse, with its complaint on one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")


def group(rooms: Any, name: str, says: str) -> Any:
    return rooms.add_parser(name, help=says, description=says, allow_abbrev=False).add_subparsers(
        required=True, metavar="VERB", parser_class=Parser
    )


def added(rooms: Any, name: str, command: Command, says: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = rooms.add_parser(name, help=says, description=says, allow_abbrev=False)
    made.add_argument("--json", action="store_true", help="print the answer as JSON")
    made.set_defaults(command=command, parser=made)
    return made
