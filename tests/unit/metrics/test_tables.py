"""The projects' table: what it says of waiting."""

from dataclasses import replace

from bbsim import events as ev
from bbsim.metrics import measure
from bbsim.metrics.columns import ByKind, project_id
from bbsim.metrics.tables import projects
from bbsim.run import table_hash
from strategies import made_scenario, star


def waited(*waits):
    """(began, ended, why) in days."""
    plan = ev.PlanMade(0, 0, "route", "p", 0, (0,), (0,), 5, 9, "why")
    told = [ev.Delayed(end * 1440, 0, why, begin * 1440) for begin, end, why in waits]
    table = projects(ByKind([plan, *told]), made_scenario(), star([10]))
    return table["delayed_days"][0], table["delayed_why"][0]


def test_days_of_waiting_are_counted_once_and_the_longest_cause_is_named():
    assert waited() == (0, None)
    assert waited((3, 3, "crews")) == (0, None)
    assert waited((3, 5, "crews"), (9, 10, "permits")) == (3, "crews")
    assert waited((3, 8, "season"), (5, 12, "crews")) == (9, "crews")
    assert waited((3, 20, "season"), (5, 12, "crews")) == (17, "season")
    assert waited((1, 2, "permits"), (3, 4, "crews")) == (2, "crews"), "equally long: by name"


def test_a_project_that_is_not_finished_has_no_dates_of_what_is_to_come():
    plan = ev.PlanMade(0, 0, "route", "p", 0, (0,), (0,), 5, 9, "why")
    table = projects(ByKind([plan]), made_scenario(), star([10]))
    assert str(table["planned"][0]) == "2014-01-01"
    assert str(table["ready_for_service"][0]) == str(table["permitted"][0]) == "NaT"


def test_a_projects_public_id():
    assert [project_id(n) for n in (-1, 0, 42, 123456)] == ["", "P00000", "P00042", "P123456"]


def test_tables_that_are_made_when_they_are_asked_for_are_those_that_are_made_at_once(flagship):
    """A replication of an ensemble makes only what is kept of it; whoever asks for more gets the same."""
    again = replace(flagship, tables={}, seconds={})
    measure(again, at_once=())
    waiting = [name for name, table in again.tables._tables.items() if callable(table)]
    assert {"nodes", "spans", "ledger", "projects"} <= set(waiting)
    assert list(again.tables) == list(flagship.tables)
    for name in reversed(list(again.tables)):
        assert table_hash(again.tables[name]) == table_hash(flagship.tables[name]), name
