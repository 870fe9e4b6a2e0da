"""The open case: one writer, which announces what changed. GUI thread only, free of Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum, auto

from lacuna.report.draft_mark import words_mean_nothing
from lacuna.report.model import Report
from lacuna.report.provenance import Ledger
from lacuna.report.template import chest
from lacuna.study.model import Study, StudyKey
from lacuna_models.api import FillRequest, ModelInfo


class Change(Enum):
    """What changed."""

    STUDY = auto()
    GREW = auto()  # the same study, read further
    REPORT = auto()
    MODEL = auto()
    RUN = auto()


@dataclass(frozen=True, slots=True)
class Case:
    """A study with its report and the ledger of who wrote what."""

    study: Study
    report: Report
    ledger: Ledger = field(default_factory=Ledger)


Observer = Callable[[Change], None]
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class Session:
    """Holds the open case, the other cases of this sitting, the model and the run under way.

    Reports of cases that were left stay in memory and come back with their study.
    """

    def __init__(self, clock: Clock = _now) -> None:
        self._clock = clock
        self._observers: list[Observer] = []
        self._cases: dict[StudyKey, Case] = {}
        self._open: StudyKey | None = None
        self._model: ModelInfo | None = None
        self._run: FillRequest | None = None

    def observe(self, observer: Observer) -> None:
        """Call ``observer`` after every change, on the GUI thread."""
        self._observers.append(observer)

    @property
    def case(self) -> Case | None:
        """The open case."""
        return self._cases[self._open] if self._open is not None else None

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases of this sitting, oldest first."""
        return tuple(self._cases.values())

    @property
    def model(self) -> ModelInfo | None:
        """What answers, None until it is loaded."""
        return self._model

    @property
    def run(self) -> FillRequest | None:
        """The request under way."""
        return self._run

    @property
    def words_mean_nothing(self) -> bool:
        """Whether the model is a demonstrator and the pictures are not its own drawings."""
        if self._model is None or self.case is None:
            return False
        return words_mean_nothing(self._model, phantom=self.case.study.is_phantom)

    def open(self, study: Study) -> Case:
        """Make the study's case the open one; a study seen before brings its report back."""
        key = study.key
        known = self._cases.get(key)
        case = Case(study, chest()) if known is None else replace(known, study=study)
        self._cases[key] = case
        self._open = key
        self._announce(Change.STUDY)
        return case

    def grow(self, study: Study) -> None:
        """Take over the open study as it has been read further; its report stays as it is.

        A birth date that comes late may tell that the case has been open before: what was written
        then comes back, unless something has been written since.
        """
        case = self.case
        if case is None or not case.study.may_be(study):
            return
        known = self._cases.get(study.key, case)
        if known is not case and case.ledger.events:
            if known.ledger.events:  # both hold words: neither may take the other's place
                study = replace(study, patient=case.study.patient)
            known = case
        grown = replace(known, study=study)
        self._cases = {
            one.study.key: one
            for one in (grown if each is case else each for each in self._cases.values())
            if one is grown or one.study.key != study.key
        }
        self._open = study.key
        self._announce(Change.GREW)
        if known is not case:
            self._announce(Change.STUDY)  # the report that stands is another one

    def write(self, report: Report) -> None:
        """Take over the report as it stands now, and note who wrote what."""
        case = self.case
        if case is None or case.report == report:
            return
        ledger = case.ledger.observed(case.report, report, self._clock())
        self._cases[case.study.key] = replace(case, report=report, ledger=ledger)
        self._announce(Change.REPORT)

    def use_model(self, model: ModelInfo | None) -> None:
        """Say what answers from now on."""
        self._model = model
        self._announce(Change.MODEL)

    def begin_run(self, request: FillRequest) -> None:
        """A run starts; a run under way becomes stale."""
        self._run = request
        self._announce(Change.RUN)

    def is_current(self, request_id: str | None) -> bool:
        """Whether an answer belongs to the run under way; others are dropped."""
        return self._run is not None and self._run.id == request_id

    def end_run(self) -> None:
        """The run under way has ended."""
        self._run = None
        self._announce(Change.RUN)

    def _announce(self, change: Change) -> None:
        for observer in self._observers:
            observer(change)
