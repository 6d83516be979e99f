"""`dashboards/*.json`: five Grafana dashboards out of `panels.yaml` and `slo.yaml`; `python -m deploy.observability`.

Made by Grafana's own SDK, so the form is theirs. How Grafana draws them has not been seen: it cannot be run here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from deploy.observability.rules import recorded_names
from deploy.observability.slo import FOLDER, catalogue
from ilp_shared.models import Frozen
from ilp_shared.text import Text

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import timeseries

_OBJECTIVES: Final = Text("Tujuan layanan: sisa jatah galat 6 jam", "Objectives: budget of errors left of 6 hours")
_SOURCE: Final = "${sumber}"
"""The dashboard's own variable for the Prometheus to ask."""
_JOBS: Final = "label_values(ilp_build_info, job)"
_WIDE, _HIGH = 8, 7


class Panel(Frozen):
    """One graph over one expression."""

    title: Text
    expr: str
    legend: str
    unit: str = "short"


class Row(Frozen):
    """Panels under one heading."""

    title: Text
    panels: tuple[Panel, ...]


class Dashboard(Frozen):
    """One dashboard."""

    name: str
    title: Text
    rows: tuple[Row, ...]
    objectives: bool = False
    """Whether the objectives of `slo.yaml` come first."""

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """Its rows, with that of the objectives."""
        return ((_objectives(),) if self.objectives else ()) + self.rows

    @property
    def document(self) -> Path:
        """The file that is made from it."""
        return FOLDER / "dashboards" / f"{self.name}.json"


class Panels(Frozen):
    """All of `panels.yaml`."""

    dashboards: tuple[Dashboard, ...]
    may_be_empty: Mapping[str, str]


@cache
def panels() -> Panels:
    """Read the file; raises ValidationError for a wrong one."""
    return Panels.model_validate(yaml.safe_load((FOLDER / "panels.yaml").read_text(encoding="utf-8")))


def expressions() -> Iterator[tuple[str, str]]:
    """Yield dashboard and expression of every panel."""
    for dashboard in panels().dashboards:
        for row in dashboard.all_rows:
            yield from ((dashboard.name, panel.expr) for panel in row.panels)


def _objectives() -> Row:
    graphs = []
    for objective in catalogue().objectives:
        bad, total = recorded_names(objective)
        spent = f"avg_over_time({bad}[6h]) / avg_over_time({total}[6h]) / {objective.budget:g}"
        title = Text(f"{objective.title.id}: {objective.percent:g} %", f"{objective.title.en}: {objective.percent:g}%")
        graphs.append(Panel(title=title, expr=f"1 - {spent}", legend="{{job}}", unit="percentunit"))
    return Row(title=_OBJECTIVES, panels=tuple(graphs))


def render(dashboard: Dashboard) -> str:
    """Return the JSON that Grafana imports."""
    from grafana_foundation_sdk.builders import dashboard as build
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import dashboard as model

    drawn = (
        build.Dashboard(dashboard.title.both)
        .uid(f"ilp-{dashboard.name}")
        .tags(["ilp"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .editable()
        .with_variable(build.DatasourceVariable("sumber").label("Prometheus").type("prometheus"))
        .with_variable(
            build.QueryVariable("service")
            .label("Proses / processes")
            .datasource(model.DataSourceRef(type_val="prometheus", uid=_SOURCE))
            .query(_JOBS)
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .multi(True)
            .include_all(True)
            .all_value(".*")
        )
    )
    for row in dashboard.all_rows:
        drawn = drawn.with_row(build.Row(row.title.both))
        for panel in row.panels:
            drawn = drawn.with_panel(_drawn(panel))
    return JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False).encode(drawn.build()) + "\n"


def _drawn(panel: Panel) -> timeseries.Panel:
    from grafana_foundation_sdk.builders import prometheus, timeseries
    from grafana_foundation_sdk.models import dashboard as model

    source = model.DataSourceRef(type_val="prometheus", uid=_SOURCE)
    query = prometheus.Dataquery().ref_id("A").expr(panel.expr).legend_format(panel.legend).datasource(source)
    graph = timeseries.Panel().title(panel.title.both).datasource(source).unit(panel.unit)
    return graph.span(_WIDE).height(_HIGH).with_target(query)
