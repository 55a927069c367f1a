"""What a network earns and costs to run, and by which measure money is weighed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from bbsim.sections import Frozen, NodeKind, sourced
from bbsim.units import GrowthPerYear, Share, UsdPerHome, UsdPerKmYear, UsdPerMonth, UsdPerYear, Years

Renewed = Literal["survey", "material", "labour", "node", "homes_passed", "homes_connected", "upgrade"]
"""Causes of payments that buy something which lasts; `homes_connected` stands in no ledger, only here."""


NODE_USD_PER_YEAR: dict[NodeKind, float] = {
    "city": 10_900.0,
    "town": 4_200.0,
    "access_area": 4_200.0,
    "rural_synthetic": 1_600.0,
}
LIFETIME_YEARS: dict[Renewed, float] = {
    "survey": 30.0,
    "material": 30.0,
    "labour": 30.0,
    "node": 12.0,
    "homes_passed": 30.0,
    "homes_connected": 7.0,
    "upgrade": 8.0,
}


class Finance(Frozen):
    """What lines earn and cost, in constant prices of the first year; nothing of it moves the run."""

    off: bool = False
    """true: nothing is said of running costs, revenue and worth, as if the section were not there."""
    usd_per_home_per_month: UsdPerMonth
    """What a connected home pays, tax on sales included; from its connection on."""
    price_growth_share_per_year: GrowthPerYear = sourced(
        0.0, "assumption: a line gets faster, not cheaper, in constant prices"
    )
    """Change of that price, compound; that of businesses changes alike."""
    connection_usd_per_home: UsdPerHome = sourced(
        180.0,
        "Omdia: a GPON terminal some 30 USD; drop and installation 150-400 USD (a web source of low grade), "
        "its lower end",
    )
    """Drop and terminal, paid by the operator on the day on which a home is connected; it follows the price
    of material where a hazard changes that, as does what is paid for again."""
    home_usd_per_month: UsdPerMonth = sourced(
        2.0, "assumption: customer care, billing and repairs, about a sixth of a price of 12 USD"
    )
    """Running cost of a connected home."""
    usd_per_business_per_month: UsdPerMonth = sourced(
        0.0, "assumption: only homes pay, unless the scenario states what businesses do"
    )
    """What a connected business of a `last_mile` pays, tax on sales included; from its connection on. Unless
    it is told, they bring no revenue, though their drops and terminals are paid for."""
    business_usd_per_month: UsdPerMonth = sourced(0.0, "assumption: told with what businesses pay")
    """Running cost of a connected business of a `last_mile`."""
    span_usd_per_km_per_year: UsdPerKmYear = sourced(
        100.0, "Giga country models (Brazil, Rwanda, Sierra Leone): 100 USD a km and year"
    )
    """Upkeep of a span that the run lit; leased spans have their rent instead."""
    node_usd_per_year: dict[NodeKind, UsdPerYear] = sourced(
        NODE_USD_PER_YEAR,
        "cucumber: 7.4k USD operation and 3k power a year for a site of 100k, 10.4 %; that share of the cost "
        "model's access nodes (105k, 40k, 15k) is an assumption",
    )
    """Power and upkeep of an access node that the run lit, by kind of place; a kind that is not
    named keeps its default."""
    lifetime_years: dict[Renewed, Years] = sourced(
        LIFETIME_YEARS,
        "assumption: cable and ducts some thirty years, electronics eight, shelters longer, terminals seven",
    )
    """By cause: after so many years it is paid for again, and over them its value is written off in equal
    parts. An upgrade is not paid for again: what is bought later takes its place. A cause that is not named
    keeps its default."""
    residual: Literal["straight_line", "none"] = "straight_line"
    """straight_line: what is not written off at the scenario's end counts as coming back on its last day;
    none: only cash counts."""
    existing: Literal["left_out", "counted"] = "left_out"
    """left_out: homes connected and places and spans lit on the first day earn and cost nothing here;
    counted: they do, as those of the run."""
    sales_tax_share: Share = sourced(0.0, "assumption: no tax unless the scenario states one")
    """Part of what homes pay that is tax on sales; paid with it."""
    profit_tax_share: Share = sourced(0.0, "assumption: no tax unless the scenario states one")
    """Tax on the profit of a calendar year: revenue less tax on sales, running costs and what is written off;
    losses are carried forward. All operators are one taxpayer; public sites pay no tax and lower none."""
    discount_share_per_year: Share | None = None
    """How much less a dollar is worth a year later, real; null: the planner's `discount_share_per_year`."""

    @property
    def of_businesses(self) -> bool:
        """Whether anything is told of what businesses pay or cost."""
        return self.usd_per_business_per_month > 0 or self.business_usd_per_month > 0

    @field_validator("node_usd_per_year", "lifetime_years", mode="before")
    @classmethod
    def _on_top(cls, given: Any, info: ValidationInfo) -> Any:
        """What is not named keeps its default."""
        if not isinstance(given, dict):
            return given
        return {**(NODE_USD_PER_YEAR if info.field_name == "node_usd_per_year" else LIFETIME_YEARS), **given}
