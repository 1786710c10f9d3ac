"""`problem.toml` as typed values: tables, spine, target, costs, features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from payments_loop.bundle import Costs, Feature

RESERVED = ("day", "known_at", "batch")
"""Columns that the lake adds to every row."""

ColumnType = Literal["string", "integer", "float", "boolean", "datetime", "date"]
Which = Literal["spine", "features", "labels"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Part):
    """One column of a source table.

    `hidden` columns are stored, and never visible to the SQL of the problem: they hold what is
    known about generated data only, such as the true probability.
    """

    type: ColumnType
    nullable: bool = False
    minimum: float | None = Field(default=None, allow_inf_nan=False)
    maximum: float | None = Field(default=None, allow_inf_nan=False)
    values: tuple[str, ...] | None = None
    unit: str = ""
    description: str = ""
    hidden: bool = False

    @model_validator(mode="after")
    def _bounds_fit_the_type(self) -> Self:
        if self.values is not None and (self.type != "string" or not self.values):
            raise ValueError("values: allowed for strings, at least one")
        bounded = self.minimum is not None or self.maximum is not None
        if bounded and self.type not in {"integer", "float"}:
            raise ValueError("minimum and maximum: allowed for integer and float only")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")
        return self


class Table(_Part):
    """A source table: how its rows are identified, when they happened and when they were known.

    Attributes:
        name: set from the key in `problem.toml`.
        key: columns that identify a row; a row with a known key is a duplicate.
        event_time: when it happened; the partition `day` is its UTC date.
        known_time: when this system could know it; the event time unless given.
        arrives_within_hours: a row that arrives later than its known time plus this is late, and
            counts as known from its arrival on. None: the known time is always believed.
        freshness_hours: when the newest row is older than this, the table is stale.
        source: kind and options of where rows come from.
        entities: columns by which online features look up history.
        columns: the schema.
    """

    name: Name
    key: tuple[str, ...] = Field(min_length=1)
    event_time: str
    known_time: str = ""
    arrives_within_hours: float | None = Field(default=None, ge=0)
    freshness_hours: float | None = Field(default=None, gt=0)
    source: dict[str, Any]
    entities: tuple[str, ...] = ()
    columns: dict[Name, Column] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _known_when_it_happened(cls, content: Any) -> Any:
        if isinstance(content, dict) and not content.get("known_time"):
            return content | {"known_time": content.get("event_time", "")}
        return content

    @model_validator(mode="after")
    def _columns_exist(self) -> Self:
        for use, names in (
            ("key", self.key),
            ("event_time", (self.event_time,)),
            ("known_time", (self.known_time,)),
            ("entities", self.entities),
        ):
            for name in names:
                if name not in self.columns:
                    known = ", ".join(self.columns)
                    raise ValueError(f"{use}: no column {name!r}; there are {known}")
        for name in (self.event_time, self.known_time):
            if self.columns[name].type != "datetime":
                raise ValueError(f"columns.{name}.type: must be datetime, it orders the rows")
        for name in (*self.key, self.event_time):
            if self.columns[name].nullable:
                raise ValueError(f"columns.{name}.nullable: a key or event time is never null")
        if reserved := [name for name in RESERVED if name in self.columns]:
            raise ValueError(f"columns.{reserved[0]}: the lake adds a column of this name")
        return self

    @model_validator(mode="after")
    def _source_is_usable(self) -> Self:
        if "kind" not in self.source:
            raise ValueError('source.kind: missing, e.g. source = { kind = "files", ... }')
        if self.timezone not in available_timezones():
            raise ValueError(f"source.timezone: {self.timezone!r} is no IANA time zone")
        for name in self.rename.values():
            if name not in self.columns:
                raise ValueError(f"source.rename: {name!r} is no column of the table")
        return self

    @property
    def timezone(self) -> str:
        """Time zone of the times that the source gives without one."""
        return str(self.source.get("timezone", "UTC"))

    @property
    def rename(self) -> dict[str, str]:
        """What the source calls a column, and what the table calls it."""
        return dict(self.source.get("rename", {}))

    @property
    def visible(self) -> tuple[str, ...]:
        """Names of the columns that the SQL of the problem may use."""
        return tuple(name for name, column in self.columns.items() if not column.hidden)


class Spine(_Part):
    """One row per decision: who it is about, and what the caller knows when he asks."""

    entities: tuple[str, ...] = ()
    request: tuple[str, ...] = ()
    amount: str | None = None
    truth: str | None = None
    table: str | None = None


class Target(_Part):
    """The label: its name, how long it takes to be final, and what the two outcomes lead to."""

    name: Name
    maturity_days: int = Field(ge=0)
    decisions: tuple[str, str] = ("negative", "positive")


class CostSpec(_Part):
    """What a decision costs; the fields are those of `bundle.Costs`, without the amount."""

    review: float = Field(gt=0)
    fee: float = Field(ge=0)
    caught: float = Field(default=1, gt=0, le=1)
    currency: str = ""


class FeatureSpec(_Part):
    """One input of the model; the fields are those of `bundle.Feature`, without the name."""

    kind: Literal["numeric", "categorical"] = "numeric"
    categories: tuple[str, ...] | None = None
    minimum: float | None = Field(default=None, allow_inf_nan=False)
    maximum: float | None = Field(default=None, allow_inf_nan=False)
    nullable: bool = True
    description: str = ""
    unit: str = ""

    @model_validator(mode="after")
    def _categories_fit_the_kind(self) -> Self:
        if (self.kind == "categorical") != bool(self.categories):
            raise ValueError("categories: required for categorical features, and only for them")
        return self


class Slices(_Part):
    """Features by whose values quality is reported separately."""

    columns: tuple[str, ...] = ()


class Problem(_Part):
    """A problem folder: what is decided, from which data, by which features, at which cost."""

    name: str
    folder: Path
    title: str = Field(min_length=1)
    question: str = Field(min_length=1)
    lookback_days: int = Field(ge=0)
    tables: dict[Name, Table] = Field(min_length=1)
    spine: Spine
    target: Target
    costs: CostSpec
    features: dict[Name, FeatureSpec] = Field(min_length=1)
    slices: Slices = Slices()

    @model_validator(mode="after")
    def _references_exist(self) -> Self:
        if self.spine.table is not None:
            self._spine_fits(self.spine.table)
        elif self.spine.truth is not None:
            raise ValueError("spine.truth: needs spine.table, whose column it is")
        if (amount := self.spine.amount) is not None and (
            amount not in self.features or self.features[amount].kind != "numeric"
        ):
            raise ValueError(f"spine.amount: {amount!r} is no numeric feature")
        for name in self.slices.columns:
            if name not in self.features:
                known = ", ".join(self.features)
                raise ValueError(f"slices.columns: no feature {name!r}; there are {known}")
        return self

    def _spine_fits(self, name: str) -> None:
        if name not in self.tables:
            known = ", ".join(self.tables)
            raise ValueError(f"spine.table: no table {name!r}; there are {known}")
        columns = self.tables[name].columns
        truth = self.spine.truth
        if truth is not None and not (truth in columns and columns[truth].hidden):
            raise ValueError(f"spine.truth: {truth!r} is no hidden column of table {name!r}")
        for entity in self.spine.entities:
            if entity not in columns:
                raise ValueError(f"spine.entities: table {name!r} has no column {entity!r}")

    def table(self, name: str) -> Table:
        """Return one table.

        Raises:
            ProblemError: there is none of this name.
        """
        from payments_loop.problem.errors import ProblemError

        if name not in self.tables:
            known = ", ".join(self.tables)
            raise ProblemError(f"{self.name}: no table {name!r}; there are {known}")
        return self.tables[name]

    def sql(self, which: Which) -> str:
        """Return the text of `spine.sql`, `features.sql` or `labels.sql`."""
        return (self.folder / f"{which}.sql").read_text(encoding="utf-8")

    def bundle_features(self) -> tuple[Feature, ...]:
        """Return the features as a model bundle describes them, in the order of the input."""
        from payments_loop.bundle import Feature

        return tuple(
            Feature(name=name, **spec.model_dump()) for name, spec in self.features.items()
        )

    def bundle_costs(self) -> Costs:
        """Return the costs as a model bundle describes them."""
        from payments_loop.bundle import Costs

        return Costs(**self.costs.model_dump(), amount=self.spine.amount)
