"""US employment by sector: a summary, a chart and a table for one year."""

from typing import Literal

import pandas as pd
from vega_datasets import data

SECTORS = {
    "construction": "Construction",
    "manufacturing": "Manufacturing",
    "retail_trade": "Retail",
    "education_and_health_services": "Education and health",
    "leisure_and_hospitality": "Leisure",
    "government": "Government",
}


def monthly_figures(year: int) -> pd.DataFrame:
    figures = data.us_employment()
    figures["month"] = pd.to_datetime(figures["month"])
    of_year = figures[figures["month"].dt.year == year].set_index("month")
    if of_year.empty:
        first, last = figures["month"].min().year, figures["month"].max().year
        raise ValueError(f"There are no figures for {year}: choose a year from {first} to {last}.")
    return of_year.loc[:, list(SECTORS)].rename(columns=SECTORS)


def line_chart(figures: pd.DataFrame, title: str) -> dict:
    return {
        "echarts": {
            "title": {"text": title},
            "tooltip": {"trigger": "axis"},
            "legend": {"bottom": 0},
            "xAxis": {"type": "category", "data": [f"{month:%b}" for month in figures.index]},
            "yAxis": {"type": "value", "scale": True},
            "series": [
                {"name": sector, "type": "line", "data": figures[sector].round(2).tolist()}
                for sector in figures.columns
            ],
        }
    }


def main(
    year: int = 2014, show: Literal["thousands of jobs", "change since January"] = "change since January"
):
    """Report on one year.

    Args:
        year: the data set holds 2006 to 2015
        show: the unit of the figures
    """
    figures = monthly_figures(year)
    if show == "change since January":
        figures = (figures / figures.iloc[0] - 1) * 100
    unit = "%" if show == "change since January" else "thousands"
    best = figures.iloc[-1].idxmax()
    rows = [
        {"month": f"{month:%B}", **{sector: round(float(value), 2) for sector, value in row.items()}}
        for month, row in figures.iterrows()
    ]
    print(f"{len(rows)} months, {len(figures.columns)} sectors")
    return {
        "render_all": [
            {"markdown": f"## Employment in {year}\n\n**{best}** ends the year highest ({unit})."},
            line_chart(figures, f"Employment {year}, {unit}"),
            rows,
        ]
    }
