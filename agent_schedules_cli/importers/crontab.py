"""Translate a crontab: each entry becomes a schedule whose input is the command."""

from __future__ import annotations

import re
from datetime import datetime

from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.spec import Cron
from agent_schedules.timing.zones import must_be_zone

from agent_schedules_cli.fleet_file.keys import slug
from agent_schedules_cli.importers.clock_changes import changes_of
from agent_schedules_cli.importers.crontab_lines import Entry, Setting, Unreadable, lines_of
from agent_schedules_cli.importers.drafts import Drafts, display_name
from agent_schedules_cli.importers.report import Imported, Report

LONGEST_SPREAD = 900
_NUMBERS = r"(\*(/\d+)?|\d+(-\d+(/\d+)?)?)"
_NAMES = r"(\*(/\d+)?|(\d+|[A-Za-z]{3})(-(\d+|[A-Za-z]{3})(/\d+)?)?)"
_FIELDS = re.compile(rf"({_NUMBERS}(,{_NUMBERS})* ){{3}}{_NAMES}(,{_NAMES})* {_NAMES}(,{_NAMES})*", re.ASCII)
_STEP = re.compile(r"/(\d+)", re.ASCII)
_SIZES = (60, 24, 31, 12, 8)
_MACROS = {"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}
_WORDS_BEFORE = {"bash", "cd", "command", "env", "exec", "flock", "ionice", "nice", "node", "perl", "php", "python",
                 "python3", "ruby", "sh", "sudo", "test", "time", "timeout", "[", "]", ".", ""}  # fmt: skip
_USERS = {"root", "www-data", "postgres", "mysql", "daemon", "ubuntu", "ec2-user"}


def from_crontab(text: str, *, now: datetime, timezone: str | None, system: bool, agent: str, model: str) -> Imported:
    """Return the file of a crontab. `timezone` is that of its machine; None if it is not known. `agent` is a name."""
    reading = _Reading(Drafts(Report("crontab"), now, model), timezone, agent)
    for line in lines_of(text, system=system):
        reading.take(line)
    reading.finish(system=system)
    return reading.drafts.imported()


class _Reading:
    """The lines so far, and the settings in force."""

    def __init__(self, drafts: Drafts, timezone: str | None, agent: str) -> None:
        self.drafts = drafts
        self._report = drafts.report
        self._assumed = timezone is None
        self._machine = timezone or "UTC"
        self._zone, self._zone_line = self._machine, 0
        self._spread = 0
        self._given = agent
        self._agent = {"key": slug(agent, "crontab"), "name": display_name(agent)}
        self._entries: list[Entry] = []

    def take(self, line: Setting | Entry | Unreadable) -> None:
        match line:
            case Setting():
                self._setting(line)
            case Entry():
                self._entries.append(line)
                self._entry(line)
            case Unreadable():
                self._report.left_out.append(
                    (f"line {line.line}", f"`{display_name(line.text)}` is neither a setting nor an entry of a crontab")
                )

    def finish(self, *, system: bool) -> None:
        """Add what concerns the whole file, before the rest."""
        of_all: list[str] = []
        if not self._entries:
            return
        if self._assumed and any(self._zone_of_machine_counts):
            of_all.append("a crontab does not say its machine's time zone: UTC is assumed; give it with --tz")
        of_all.append(
            f"cron runs commands in a shell, an agent reads them: the agent `{self._agent['key']}` gets each command "
            "as its input; write there what it is to do, and give the agent instructions, tools and a model"
        )
        if self._agent["key"] != self._given:
            of_all.append(f"the agent's key is made of its name: `{self._agent['key']}`, of `{self._agent['name']}`")
        of_all.append("cron never makes up for a time that it missed: written as `misfire: skip`")
        first_words = {word for entry in self._entries for word in entry.command.split()[:1]}
        if first_words and not system and first_words <= _USERS:
            of_all.append(
                f"each command begins with a user's name, {min(first_words)}: give --system for such a crontab"
            )
        self._report.differs[:0] = [("all", said) for said in of_all]

    @property
    def _zone_of_machine_counts(self) -> list[Entry]:
        """The entries above the first CRON_TZ."""
        return [entry for entry in self._entries if not self._zone_line or entry.line < self._zone_line]

    def _setting(self, setting: Setting) -> None:
        where = f"line {setting.line}"
        match setting.name:
            case "CRON_TZ":
                self._zone, self._zone_line = setting.value or self._machine, self._zone_line or setting.line
                said = f"{setting.value} is the zone of the entries below, as in cronie; Debian's cron ignores CRON_TZ"
            case "RANDOM_DELAY" if setting.value.isdigit():
                wanted = int(setting.value) * 60
                self._spread = min(wanted, LONGEST_SPREAD)
                said = f"cronie delays the entries below by the same random time of up to {setting.value} minutes; "
                said += f"here each run is delayed by up to {self._spread} s of its own"
            case "TZ":
                said = "sets the zone of the commands, not of the times at which cron runs them; it is not carried over"
            case "MAILTO" | "MAILFROM":
                said = "cron mails the output of commands; here it is read as the run's result"
            case name:
                said = f"an agent has no environment, so {name} is not carried over"
        self._report.differs.append((where, f"{setting.name}: {said}"))

    def _entry(self, entry: Entry) -> None:
        where = f"line {entry.line} ({display_name(entry.command)[:40]})" if entry.command else f"line {entry.line}"
        if not entry.command:
            self._report.left_out.append((where, "has no command"))
            return
        expression = self._expression(entry, where)
        if expression is None:
            return
        schedule = {
            "key": slug(_program(entry.command), "entry"),
            "name": display_name(entry.command),
            "schedule": {"type": "cron", "cron_expression": expression, "timezone": self._zone},
            "input": entry.command if entry.stdin is None else f"{entry.command}\n{entry.stdin}",
            "policies": {"misfire": "skip"} | ({"spread_seconds": self._spread} if self._spread else {}),
        }
        if self.drafts.add(self._agent, schedule, where):
            self._differences(entry, expression, where)

    def _expression(self, entry: Entry, where: str) -> str | None:
        """Return the expression in our dialect; None if it was left out."""
        try:
            must_be_zone(self._zone)
        except InvalidRequest as error:
            self._report.left_out.append((where, error.message))
            return None
        when = entry.when
        refused = None
        if when == "@every_minute":
            return "* * * * *"
        if when == "@reboot":
            refused = "`@reboot` runs when the machine starts, which is no time; let that machine call `trigger`"
        elif when.startswith("@"):
            refused = None if when in _MACROS else f"`{when}` is not a word that all crons know; write five fields"
        elif "~" in when:
            refused = f"`{when}` has a random value (`~`), drawn when cron reads the file; choose a value"
        elif re.search(r"(?<![-\d])\d+/\d", when):
            refused = f"`{when}` has a step without a range, which crons read differently; write `a-b/step`"
        elif not _FIELDS.fullmatch(when):
            refused = f"`{when}` is not in the syntax of Unix cron, which would refuse it too"
        if refused is not None:
            self._report.left_out.append((where, refused))
            return None
        return when if when.startswith("@") else self._with_small_steps(when, where)

    def _with_small_steps(self, when: str, where: str) -> str:
        """Return the fields with no step larger than the field, which means the first value alone in Unix."""

        def smaller(text: str, size: int) -> str:
            return _STEP.sub(lambda step: f"/{min(int(step[1]), size)}" if int(step[1]) else step[0], text)

        written = " ".join(smaller(text, size) for text, size in zip(when.split(" "), _SIZES, strict=True))
        if written != when:
            said = f"`{when}` has a step larger than its field, so cron runs it at the field's first value alone"
            self._report.differs.append((where, f"{said}: written as `{written}`"))
        return written

    def _differences(self, entry: Entry, expression: str, where: str) -> None:
        found: list[str] = []
        if entry.stdin is not None:
            found.append("the text after `%` is the command's standard input: it follows the command in the input")
        if entry.user is not None:
            found.append(f"runs as the user {entry.user} there; an agent has no user")
        if entry.quiet:
            found.append("cron does not log an entry that begins with `-`; every run is recorded here")
        cron = Cron(expression, self._zone)
        if not cron.fields.every_hour:
            changes = changes_of(cron, self.drafts.now)
            frequent = any(part.startswith("*") for part in expression.split(" ")[:2])
            if changes.missing is not None and not frequent:
                found.append(
                    f"the clocks skip {changes.missing:%Y-%m-%d %H:%M}: cron runs it late, here it does not run"
                )
            if changes.repeated is not None and frequent:
                repeated = f"{changes.repeated:%Y-%m-%d %H:%M}"
                found.append(f"the clocks show {repeated} twice: cron runs it both times, here it runs once")
        self._report.differs += [(where, said) for said in found]


def _program(command: str) -> str:
    """Return the name of the program that a command is about, for the key."""
    words = iter(re.split(r"[\s;&|()<>'\"]+", command))
    for word in words:
        base = word.rsplit("/", 1)[-1]
        if word == "cd":
            next(words, None)
        elif not (word.startswith(("-", "$")) or "=" in word or base.isdigit() or base in _WORDS_BEFORE):
            return base
    return ""
