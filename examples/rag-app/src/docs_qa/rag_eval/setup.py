"""Everything that is measured, and how answers to it are got."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from docs_qa.rag import AnswersConfig, Assistant, ChatSettings
from docs_qa.rag.extractive import ExtractiveAnswerer
from docs_qa.rag.opening import open_assistant
from docs_qa.rag.settings import load as load_answers
from docs_qa.rag.tracing import OFF
from docs_qa.rag_eval import answers, gold, questions
from docs_qa.rag_eval.answers import (
    Answering,
    Evidence,
    FirstPassage,
)
from docs_qa.rag_eval.corpus import Corpus, open_corpus
from docs_qa.rag_eval.gold import Gold
from docs_qa.rag_eval.questions import Question, Split
from docs_qa.rag_eval.settings import EvaluationConfig
from docs_qa.store import SearchSettings

_ANYTHING = -1.0  # no cosine is below it


@dataclass(frozen=True, slots=True)
class Setup:
    """The corpus, the questions about it, and the configuration of the service.

    Attributes:
        config: of the evaluation.
        corpus: the documents with their index.
        questions: all of them.
        gold: places of the facts by question.
        search: how the service searches.
        answers: how it answers.
        chat: which model it asks, if any.
    """

    config: EvaluationConfig
    corpus: Corpus
    questions: Sequence[Question]
    gold: Mapping[str, Gold]
    search: SearchSettings
    answers: AnswersConfig
    chat: ChatSettings

    def half(self, split: Split) -> tuple[Question, ...]:
        """Return one half of the questions."""
        return questions.part(self.questions, split)

    def answerable(self, split: Split) -> tuple[Question, ...]:
        """Return those of one half that the documents answer."""
        return tuple(question for question in self.half(split) if question.answerable)

    def quote(
        self,
        name: str,
        asked: Sequence[Question],
        change: Mapping[str, object] | None = None,
    ) -> Answering:
        """Answer questions by quoting, however weak the evidence is.

        Args:
            name: for the result.
            asked: the questions.
            change: settings of `answers.extractive` that differ from the service's.
        """
        extractive = self.answers.extractive.model_copy(update=dict(change or {}))
        return self._run(name, ExtractiveAnswerer(extractive), asked)

    def first_passage(self, asked: Sequence[Question]) -> Answering:
        """Answer questions by the whole best passage."""
        return self._run("first passage, whole", FirstPassage(), asked)

    def write(self, asked: Sequence[Question]) -> Answering:
        """Answer questions by the configured chat model, however weak the evidence is.

        Raises:
            ValueError: the model's provider is unknown, not installed or lacks its key.
            Unavailable: it does not answer.
        """
        evidence = Evidence()
        config = _unlimited(self.answers).model_copy(update={"degrade": False})
        assistant = open_assistant(
            self.corpus.index,
            active=lambda: self.corpus.active,
            chat=self.chat,
            config=config,
            recorder=evidence,
            tracing=OFF,
        )
        name = self.chat.chat_model
        return answers.run(name, assistant, evidence, asked, gold=self.gold, corpus=self.corpus)

    def with_search(self, search: SearchSettings) -> Setup:
        """Return the same with another way to search."""
        return replace(self, search=search)

    def _run(
        self,
        name: str,
        answerer: ExtractiveAnswerer | FirstPassage,
        asked: Sequence[Question],
    ) -> Answering:
        evidence = Evidence()
        searcher = self.corpus.index.searcher(lambda: self.corpus.active, self.search)
        config = _unlimited(self.answers)
        assistant = Assistant(searcher, answerer, config, recorder=evidence)
        return answers.run(name, assistant, evidence, asked, gold=self.gold, corpus=self.corpus)


@contextmanager
def open_setup(config: EvaluationConfig) -> Iterator[Setup]:
    """Read questions and configuration, bring the index up to date, and open it.

    Raises:
        QuestionError: the questions cannot be used, or one quotes what is in no document.
        CorpusError: there are no documents, or one cannot be indexed.
        StoreError: the index or the embedding model cannot be used.
        ValueError: a configuration file is wrong.
    """
    asked = questions.load(config.questions)
    chat = ChatSettings()
    search, answering = SearchSettings.load(), load_answers(chat.answers_config)
    with open_corpus(config.documents, config.work_dir) as corpus:
        places = gold.resolve(asked, corpus.texts)
        yield Setup(config, corpus, asked, places, search, answering, chat)


def reread(setup: Setup) -> Setup:
    """Return the same with the configuration of the service read again.

    Raises:
        ValueError: a configuration file is wrong.
    """
    answering = load_answers(setup.chat.answers_config)
    return replace(setup, search=SearchSettings.load(), answers=answering)


def _unlimited(config: AnswersConfig) -> AnswersConfig:
    """The configuration without thresholds: they are set by looking at what was answered."""
    limits = {"extractive": _ANYTHING, "model": _ANYTHING}
    return config.model_copy(update={"evidence": config.evidence.model_copy(update=limits)})
