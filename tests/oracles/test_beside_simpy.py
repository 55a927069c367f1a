"""The flagship written in simpy alone, with its resources and conditions: the same works, and when."""

from statistics import median

from bare_simpy import Bare, same_works
from bbsim import events as ev
from bbsim import models
from bbsim.units import MINUTES_PER_DAY


def test_simpy_alone_builds_the_same_works_at_about_the_same_time(flagship):
    cost = models.find("cost", flagship.scenario.cost.use, flagship.scenario.cost.parameters)
    seen = Bare(flagship, cost.prices(flagship.country)).go()
    assert same_works(flagship, seen)
    lit = {event.span: event.minute for event in flagship.events if isinstance(event, ev.SpanLit)}
    theirs = {what[3]: what[0] for what in seen if what[1] == "SpanLit"}
    assert len(theirs) > 1000
    apart = [abs(lit[span] - minute) / MINUTES_PER_DAY for span, minute in theirs.items()]
    # Whoever comes to a crew in the same minute takes it in another order, and passes that on.
    assert median(apart) <= 7
    last = max(theirs, key=theirs.__getitem__)
    assert abs(max(lit[span] for span in theirs) - theirs[last]) <= 30 * MINUTES_PER_DAY
