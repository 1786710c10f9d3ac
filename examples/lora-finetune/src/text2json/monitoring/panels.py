"""The few kinds of panel that the dashboards are made of.

Every query is PromQL over the dashboard's variables `$job` and `$datasource`.
"""

from __future__ import annotations

from typing import NamedTuple

from grafana_foundation_sdk.builders import common, heatmap, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.builders import prometheus as prom
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heat
from grafana_foundation_sdk.models import prometheus as queries

SOURCE = model.DataSourceRef(type_val="prometheus", uid="$datasource")
HEIGHT = 8
PROJECT = "text2json"


class Query(NamedTuple):
    """PromQL and what its series are called, e.g. `{{status}}`."""

    expression: str
    legend: str = ""


class Levels(NamedTuple):
    """Values from which a panel turns yellow and red."""

    yellow: float
    red: float


def dashboard(uid: str, title: str, description: str) -> board.Dashboard:
    """An empty dashboard with the variables and the links that all have."""
    source = board.DatasourceVariable("datasource").label("Data source").type("prometheus")
    job = (
        board.QueryVariable("job")
        .label("Service")
        .datasource(SOURCE)
        .query("label_values(up, job)")
        .current(model.VariableOption(text=PROJECT, value=PROJECT))
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
    )
    others = (
        board.DashboardLink("Dashboards of this service")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([PROJECT])
        .keep_time(True)
        .include_vars(True)
    )
    return (
        board.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([PROJECT])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .link(others)
        .with_variable(source)
        .with_variable(job)
    )


def add(target: board.Dashboard, heading: str, *parts: Builder[model.Panel]) -> None:
    """Add panels to a dashboard, below a heading if there is one."""
    if heading:
        target.with_row(board.Row(heading))
    for part in parts:
        target.with_panel(part)


def number(
    title: str,
    description: str,
    query: Query,
    unit: str,
    *,
    levels: Levels | None = None,
    decimals: float | None = None,
    names: bool = False,
    span: int = 4,
) -> stat.Panel:
    """The current value of each series, large; with `names`, their names instead."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .with_target(_target(0, query).instant())
        .unit(unit)
        .no_value("-")
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .text_mode(kinds.BigValueTextMode.NAME if names else kinds.BigValueTextMode.AUTO)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .thresholds(_thresholds(levels))
        .span(span)
        .height(4)
    )
    return panel if decimals is None else panel.decimals(decimals)


def series(
    title: str,
    description: str,
    *targets: Query,
    unit: str,
    levels: Levels | None = None,
    stacked: bool = False,
    span: int = 8,
) -> timeseries.Panel:
    """Values over time; `levels` are drawn as dashed lines."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .targets([_target(position, query) for position, query in enumerate(targets)])
        .unit(unit)
        .min(0)
        .line_width(1)
        .fill_opacity(25 if stacked else 5)
        .show_points(kinds.VisibilityMode.NEVER)
        .legend(
            common.VizLegendOptions()
            .display_mode(kinds.LegendDisplayMode.TABLE)
            .placement(kinds.LegendPlacement.BOTTOM)
            .calcs(["lastNotNull", "max"])
            .show_legend(True)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(kinds.TooltipDisplayMode.MULTI)
            .sort(kinds.SortOrder.DESCENDING)
        )
        .thresholds(_thresholds(levels))
        .span(span)
        .height(HEIGHT)
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    if levels:
        style = common.GraphThresholdsStyleConfig().mode(kinds.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds_style(style)
    return panel


def distribution(
    title: str,
    description: str,
    buckets: str,
    unit: str,
    *,
    span: int = 8,
) -> heatmap.Panel:
    """A Prometheus histogram over time; `buckets` gives one series per `le`."""
    target = _target(0, Query(buckets, "{{le}}")).format(queries.PromQueryFormat.HEATMAP)
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .with_target(target)
        .calculate(False)
        .color(
            heatmap.HeatmapColorOptions()
            .mode(heat.HeatmapColorMode.SCHEME)
            .scheme("Blues")
            .steps(64)
        )
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .rows_frame(heatmap.RowsHeatmapOptions().layout(kinds.HeatmapCellLayout.AUTO))
        .filter_values(heatmap.FilterValueRange().le(1e-9))
        .span(span)
        .height(HEIGHT)
    )


def _target(position: int, query: Query) -> prom.Dataquery:
    target = prom.Dataquery().ref_id("ABCDEFGH"[position]).expr(query.expression)
    return target.legend_format(query.legend) if query.legend else target


def _thresholds(levels: Levels | None) -> board.ThresholdsConfig:
    steps = [model.Threshold(value=None, color="green")]
    if levels:
        steps += [
            model.Threshold(value=levels.yellow, color="orange"),
            model.Threshold(value=levels.red, color="red"),
        ]
    return board.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)
