"""Chooses how to search, how to quote and when to abstain, on the half of the questions for that.

What is configured stays unless something else is better by more than chance, i.e. the 95 % interval
of the paired difference lies above zero. The best of many settings always looks better than it is
(the winner's curse); without this rule the configuration would follow the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from docs_qa.rag_eval import abstention, retrieval
from docs_qa.rag_eval.abstention import Case, Point
from docs_qa.rag_eval.bootstrap import (
    Interval,
    difference,
)
from docs_qa.rag_eval.metrics import K
from docs_qa.rag_eval.setup import Setup
from docs_qa.rag_eval.toml import edit
from docs_qa.store import SearchSettings

SEARCH_METRIC = f"ndcg@{K}"
ANSWER_METRIC = "score"
CONFIGURED = "as configured"
_SEARCH_FILE = Path("config/search.toml")

Say = Callable[[str], None]
Settings = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Option:
    """A setting and what it achieved, one value per question."""

    name: str
    settings: Settings
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was chosen, and by how much it beats every alternative.

    Attributes:
        chosen: the option taken.
        best: the option with the highest mean; not taken if that may be chance.
        gains: chosen minus each other option, by name.
    """

    chosen: Option
    best: Option
    gains: Mapping[str, Interval]

    def explain(self, metric: str) -> str:
        """Say in a sentence or two what was chosen and why."""
        value = f"{metric} {mean(self.chosen.values):.3f}"
        if self.chosen is self.best and self.chosen.name == CONFIGURED:
            return f"stays as configured ({value}): nothing is better"
        if self.chosen is self.best:
            gain = self.gains[CONFIGURED]
            return f"{self.chosen.name} ({value}): better than what was configured by {gain}"
        lead = difference(self.best.values, self.chosen.values)
        return (
            f"stays as configured ({value}): the best, {self.best.name}, is ahead by {lead}, "
            "which may be chance"
        )


def decide(configured: Option, others: Sequence[Option]) -> Decision:
    """Apply the rule of this module.

    Args:
        configured: what is in use.
        others: what could be used instead; all have the same questions.
    """
    best = max((configured, *others), key=lambda option: mean(option.values))
    surely = best is not configured and difference(best.values, configured.values).low > 0
    chosen = best if surely else configured
    gains = {
        option.name: difference(chosen.values, option.values)
        for option in (configured, *others)
        if option is not chosen
    }
    return Decision(chosen, best, gains)


def choose_search(setup: Setup, say: Say) -> Decision:
    """Compare ways to search.

    Without a chat model only those are eligible that score sentences: quoting needs the scores.
    """
    asked = setup.answerable("choose")
    found = []
    options = {CONFIGURED: setup.search, **retrieval.grid(setup.search)}
    for name, settings in options.items():
        rank = retrieval.ranker(setup.corpus, settings, rewrite=True, filters=True)
        places = list(setup.corpus.places.values())
        ranking = retrieval.run(name, rank, asked, setup.gold, places)
        values = ranking.values[SEARCH_METRIC]
        quotable = bool(setup.chat.chat_model) or settings.rerank == "sentences"
        note = "" if quotable else " (quoting needs the scores of sentences)"
        say(f"  {mean(values):.3f}  {ranking.milliseconds:5.1f} ms  {name}{note}")
        if quotable or name == CONFIGURED:
            found.append(Option(name, _changes(setup.search, settings), values))
    return decide(found[0], found[1:])


def choose_quoting(setup: Setup, say: Say) -> Decision:
    """Compare how many sentences are quoted and how they are picked."""
    asked = setup.answerable("choose")
    options: dict[str, Settings] = {CONFIGURED: {}}
    for count in (1, 2, 3):
        for weight in (0.0, 0.25, 0.5, 0.75):
            name = f"sentences {count}, weight of the passage {weight:g}"
            options[name] = {"sentences": count, "passage_weight": weight}
    for weight in (0.15, 0.5):
        options[f"weight of words {weight:g}"] = {"lexical_weight": weight}
    found = []
    for name, change in options.items():
        values = setup.quote(name, asked, change).values(ANSWER_METRIC)
        found.append(Option(name, change, values))
        say(f"  {mean(values):.3f}  {name}")
    return decide(found[0], found[1:])


def apply(setup: Setup, say: Say) -> None:
    """Choose everything and write it into the configuration.

    Raises:
        ValueError: a configuration file is wrong, or there are no unanswerable questions.
        Unavailable: a chat model is configured and does not answer.
    """
    say(f"Ways to search, {SEARCH_METRIC} on the half for choosing:")
    search = choose_search(setup, say)
    say(f"Search: {search.explain(SEARCH_METRIC)}")
    edit(_SEARCH_FILE, search.chosen.settings)
    setup = setup.with_search(setup.search.model_copy(update=dict(search.chosen.settings)))

    say("Ways to quote, mean of facts said and F1 against the quotations that are needed:")
    quoting = choose_quoting(setup, say)
    say(f"Quoting: {quoting.explain(ANSWER_METRIC)}")
    values: dict[str, object] = {
        f"extractive.{key}": value for key, value in quoting.chosen.settings.items()
    }
    asked = setup.half("choose")
    cases = setup.quote("chosen", asked, quoting.chosen.settings).cases
    point = abstention.calibrate(cases, setup.config.wrong)
    say(f"Abstain from quoting below {point.threshold:.3f}: {_describe(point)}")
    values["evidence.extractive"] = point.threshold
    values["evidence.reference"] = mean(case.evidence for case in cases if case.answerable)
    if setup.chat.chat_model:
        values["evidence.model"] = choose_for_model(setup, say)
    edit(setup.chat.answers_config, values)


def _changes(old: SearchSettings, new: SearchSettings) -> Settings:
    before = old.model_dump()
    return {key: value for key, value in new.model_dump().items() if value != before[key]}


def choose_for_model(setup: Setup, say: Say) -> float:
    """Return the evidence below which the chat model is not asked.

    It declines by itself what it does not find, so only what it answers counts.

    Raises:
        ValueError: the model cannot be opened.
        Unavailable: it does not answer.
    """
    answering = setup.write(setup.half("choose"))
    given = [each for each in answering.answered if not each.answer.done.abstained]
    cases: list[Case] = [each.case for each in given]
    if all(case.answerable for case in cases) or not any(case.answerable for case in cases):
        say(f"{answering.name} declines what cannot be answered by itself: threshold unchanged")
        return setup.answers.evidence.model
    point = abstention.calibrate(cases, setup.config.wrong)
    say(f"Do not ask {answering.name} below {point.threshold:.3f}: {_describe(point)}")
    return point.threshold


def _describe(point: Point) -> str:
    return (
        f"{point.answered:.0%} of the answerable questions are answered, "
        f"{point.refused:.0%} of the unanswerable ones refused, "
        f"{point.precision:.0%} of the answers are right"
    )
