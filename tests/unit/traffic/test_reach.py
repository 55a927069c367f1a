"""Tables of reach: what is looked up is what working out every mode at every length would have chosen."""

import math

import numpy as np
import pytest
from bbsim.traffic import optics
from bbsim.traffic.reach import best_first, gsnr_db, mode_table
from hypothesis import given, settings
from hypothesis import strategies as st

KIT = optics.catalogue()


def tried_one_by_one(kit, order, km):
    """The first mode whose receiver reads the line, and by how many dB the closest call was made."""
    sections = max(1, math.ceil(km / kit.line.hut_every_km * (1 - 1e-9)))
    spare = [
        float(gsnr_db(kit.mode[place], km / sections, sections, optics=kit))
        - kit.line.margin_db
        - kit.mode[place].osnr_db
        for place in order
    ]
    first = next((place for place, left in zip(order, spare, strict=True) if left >= 0), -1)
    return first, min(map(abs, spare), default=math.inf)


def kits():
    """The catalogue, and others with more loss, wider huts, more margin or fewer amplifiers."""
    lines = st.builds(
        lambda loss, huts, margin: {"loss_db_per_km": loss, "hut_every_km": huts, "margin_db": margin},
        st.floats(0.16, 0.35),
        st.floats(30, 150),
        st.floats(0, 6),
    )
    other = lines.map(lambda line: KIT.model_copy(update={"line": KIT.line.model_copy(update=line)}))
    return st.one_of(st.just(KIT), other)


@settings(deadline=None)
@given(kits(), st.floats(0, 7_000), st.integers(2009, 2030))
def test_what_is_looked_up_is_what_trying_every_mode_gives(kit, km, year):
    order = best_first(kit, year)
    expected, closest_db = tried_one_by_one(kit, order, km)
    table = mode_table(order, kit)
    if closest_db > 1e-6:
        assert table.at(km) == expected
    assert table.of(np.array([km])).tolist() == [table.at(km)]


@pytest.mark.parametrize("year", [2012, 2016, 2022, 2030])
def test_each_step_of_a_table_is_where_the_choice_changes(year):
    order = best_first(KIT, year)
    table = mode_table(order, KIT)
    assert len(table.mode) == len(table.upto_km) + 1
    assert (np.diff(table.upto_km) > 0).all()
    assert all(one != next_ for one, next_ in zip(table.mode, table.mode[1:], strict=False))
    for upto, before, after in zip(table.upto_km, table.mode, table.mode[1:], strict=False):
        assert tried_one_by_one(KIT, order, upto * (1 - 1e-6))[0] == before
        assert tried_one_by_one(KIT, order, upto * (1 + 1e-6))[0] == after


def test_before_anything_is_sold_nothing_gets_through():
    assert mode_table(best_first(KIT, 2000), KIT).of(np.array([0.0, 50.0])).tolist() == [-1, -1]
