"""Whose money it is: the ledger's currency, funds with rules of their own, and when work is paid."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from bbsim.conversion import problem
from bbsim.sections import Frozen, Slug, Text, sourced
from bbsim.text import Line
from bbsim.uncertain import UncertainDays
from bbsim.units import Amount, Day, Days, Quantity, Share, Whole, Years

Purse = Literal["backbone", "access", "operator"]
"""What money is for: the network and its access nodes, the passing of homes, more light."""
OWN_FUNDS = (*get_args(Purse), "sites")
"""Funds that every scenario has, and that of public sites."""
Rate = Annotated[float, Quantity("amount", above=0.0, most=1e9)]


class Currency(Frozen):
    """The ledger's currency. Its books are kept in whole hundredths of it; dollars are a view of them."""

    code: Annotated[str, Line(longest=8)]
    """Letters of the currency, as in ISO 4217."""
    per_usd: Rate
    """Units of it for a dollar: the reference rate, at which `_usd` columns restate the ledger, on every day.
    A devaluation is a hazard: what is imported then costs more of the currency."""


class Tranche(Frozen):
    """Money that is promised for a day, once or for some years running."""

    on: Day
    """Promised day; in later years the same day."""
    amount: Amount
    """Each time, in the ledger's currency."""
    years: Annotated[int, Whole(1, 100)] = sourced(1, "assumption: once, unless the scenario says more")
    """How often, a year apart."""


class Loan(Frozen):
    """How a draw is paid back: in equal instalments, interest included, after years of interest alone."""

    interest_share_per_year: Share
    """Interest on what is owed, nominal, paid in equal parts of it with each instalment."""
    years: Years
    """From the first day of a draw until it is paid back."""
    grace_years: Annotated[float, Quantity("year", most=100)] = sourced(
        0.0, "assumption: instalments begin at once"
    )
    """Of these, years in which interest alone is paid."""
    instalments_per_year: Literal[1, 2, 4, 12] = 2
    """How often is paid."""
    paid_by: Slug = sourced("operator", "assumption: whoever runs the network and earns from it")
    """The fund that pays: `operator` brings in what it takes; of another fund only free money is taken, and
    what is lacking stays owed, with interest, to the next instalment."""


class Reinvestment(Frozen):
    """A part of what connected homes pay that comes back into the run, month after month."""

    share: Share
    """Of the month's income, at the prices of the scenario's `finance`: what lines pay less tax on sales. A
    line counts for the whole month at whose end it is connected."""
    of: Literal["gross", "net"] = "gross"
    """gross: running costs take nothing from that income; net: what lines, access nodes, spans and masts that
    are in service cost to run, as `finance` and the records of technologies have it, is taken off first, and
    in a month that brings less than it costs nothing is put in. Renewal and tax on profit are paid from the
    rest."""
    existing_homes: bool = True
    """Whether homes, and businesses that pay, count that were connected on the first day."""


class Fund(Frozen):
    """One source of money: what it gives, for what, and what becomes of what is not spent."""

    name: Slug
    """The fund's name, in the ledger and the tables."""
    title: Text = ""
    """In words, for the report."""
    pays_for: list[Purse] = Field(min_length=1)
    """What it may be spent on. The budget's own money goes first, then funds in the order of the file."""
    opening: Amount = sourced(0.0, "assumption: nothing in hand")
    """In hand on the first day, in the ledger's currency."""
    grants: list[Tranche] = Field(default_factory=list)
    """Money that is given."""
    draws: list[Tranche] = Field(default_factory=list)
    """Money that is borrowed under `loan`."""
    loan: Loan | None = None
    """Terms of what is drawn."""
    reinvests: Reinvestment | None = None
    """Income of the operator that comes into the fund."""
    slip_days: UncertainDays = sourced(0, "assumption: money comes on its day unless the scenario says else")
    """How much later than promised each grant and draw comes."""
    unspent: Literal["carries_over", "lapses"] = "carries_over"
    """What becomes at a year's end of money that is not reserved: `lapses` gives it back."""

    @model_validator(mode="after")
    def _terms(self) -> Self:
        if self.name in OWN_FUNDS:
            message = f"'{self.name}' is there already: one of {', '.join(OWN_FUNDS)}"
            raise problem("doubled", message, "Choose another name.", ("name",))
        if self.draws and self.loan is None:
            raise problem("loan-terms", "money is drawn, but the fund has no terms", "Add loan.", ("draws",))
        return self


class Payment(Frozen):
    """When work that is done is paid; without this section on the day on which it is done.

    It holds for routes and for passing homes; more light, rents and lenders are paid at once.
    """

    pays_after_days: Days = sourced(56, "FIDIC Red Book 1999, clause 14.7: within 56 days of the statement")
    """From the work to its payment."""
    retention_share: Share = sourced(
        0.05, "assumption: 5 %; FIDIC leaves it to the contract, where 5 to 10 % are usual"
    )
    """Part of each payment that is held back."""
    defects_days: Days = sourced(
        365, "FIDIC Red Book 1999, appendix to tender: defects are notified for 365 days"
    )
    """From commissioning (of homes: from their handing over) until what was held back is paid."""
