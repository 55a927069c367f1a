"""The same run as one would write it in simpy alone: what the clock's own cost is measured against.

Which route is awarded when, which homes are begun when, and how long each work takes are known beforehand;
projects, permit desks, crews, seasons, works side by side and the wait for what lies upstream are simpy's
own processes, resources and conditions. There is no state, no purse and no check: what happens is appended
to a list. Hazards, terms of payment, upgrades and the last mile are not in it.
"""

import math
from collections import Counter, deque

import simpy
from bbsim import events as ev
from bbsim.rng import Streams
from bbsim.simulate.seasons import Seasons
from bbsim.units import MINUTES_PER_DAY

FUNDED = (ev.Spent, ev.MoneyReserved, ev.HomesHeld, ev.HomesPassed)
BUILT = (ev.PlanMade, ev.StageEnded, ev.PermitRequested, ev.PermitGranted, ev.BuildStarted, ev.Waiting)
BUILT += (ev.Delayed, ev.SectionLaid, ev.SpanLaid, ev.SpanLit, ev.NodeActivated, ev.ProjectReady)


class Work:
    """What is known of a project before the clock starts: award, days of each stage, sections, prices."""

    def __init__(self, run, plan, prices, upstream):
        scenario, country = run.scenario, run.country
        stages, pace = scenario.stages, scenario.crews.pace
        luck, name = Streams(run.seed, run.replication), country.ids[plan.target]

        def drawn(purpose, *amounts):
            if all(amount.fixed for amount in amounts):
                return [amount.mean for amount in amounts]
            uniforms = luck.uniforms(purpose, name, len(amounts))
            return [amount.quantile(u) for amount, u in zip(amounts, uniforms, strict=True)]

        def calendar(working):
            return max(1, math.ceil(working * 365.25 / pace.working_days_per_year - 1e-9)) * MINUTES_PER_DAY

        def minutes(days):
            return math.ceil(days - 1e-9) * MINUTES_PER_DAY

        survey, tender, material, splice, hut, commissioning = drawn(
            "project",
            stages.survey_days,
            stages.tender_days,
            stages.material_days,
            stages.splice_test_days,
            stages.hut_days,
            stages.commissioning_days,
        )
        spans = list(plan.spans)
        self.number, self.minute, self.spans, self.nodes = plan.project, plan.minute, spans, plan.nodes
        self.upstream = upstream
        self.survey = minutes(survey + stages.survey_days_per_km * float(country.km[spans].sum()))
        self.tender, self.material, self.commissioning = map(minutes, (tender, material, commissioning))
        self.splice, self.hut = calendar(splice), calendar(hut)
        follows = {country.follows[span] for span in spans}
        self.permits = [
            (office, minutes(drawn(f"permit {office}", authority.days)[0]))
            for office, authority in sorted(scenario.permits.items())
            if follows & set(authority.follows)
        ]
        base_of = {region: i for i, base in enumerate(scenario.crews.bases) for region in base.regions}
        self.base = {span: base_of[country.spans["region"][span]] for span in spans}
        self.base_of_node = {node: base_of[country.nodes["region"][node]] for node in plan.nodes}
        self.terrain = {span: country.terrain[span] for span in spans}
        self.cable = {span: calendar(float(country.km[span]) / pace.cable_km_per_day) for span in spans}
        self.survey_cents, self.material_cents, self.labour_cents = (
            {span: int(column[span]) for span in spans}
            for column in (prices.survey, prices.material, prices.labour)
        )
        self.node_cents = {node: int(prices.node[node]) for node in plan.nodes}
        self.sections = []
        for span in spans:
            metres = round(float(country.km[span]) * 1000)
            count = max(1, -(-metres // round(pace.section_km * 1000)))
            km_per_day = pace.civil_km_per_day[country.terrain[span]]
            for i in range(count):
                laid = metres * (i + 1) // count - metres * i // count
                days = calendar(laid / 1000.0 / km_per_day) // MINUTES_PER_DAY
                self.sections.append((span, laid, days, self.labour_cents[span] // count))


class Bare:
    """Everything that is known beforehand; `go` lets it happen as often as one likes."""

    def __init__(self, run, prices):
        scenario, country = run.scenario, run.country
        self.horizon = (scenario.end - scenario.start).days * MINUTES_PER_DAY
        self.seasons = Seasons(scenario.seasons, scenario.start, self.horizon // MINUTES_PER_DAY)
        self.fronts, self.bases = scenario.crews.per_project, scenario.crews.bases
        self.desks_of = {office: authority.desks for office, authority in scenario.permits.items()}
        self.works, feed = [], {}
        for plan in (event for event in run.events if isinstance(event, ev.PlanMade)):
            at = plan.target
            for span in reversed(plan.spans):
                at = int(country.u[span] + country.v[span] - at)
            upstream = feed.get(at)
            for span in plan.spans:
                at = int(country.u[span] + country.v[span] - at)
                feed[at] = span
            self.works.append(Work(run, plan, prices, upstream))
        base_of = {region: i for i, base in enumerate(self.bases) for region in base.regions}
        pace = scenario.crews.pace
        self.lots = []
        for event in run.events:
            if isinstance(event, ev.HomesPassed) and event.minute:
                working = event.homes / pace.homes_passed_per_day
                days = max(1, math.ceil(working * 365.25 / pace.working_days_per_year - 1e-9))
                base = base_of[country.nodes["region"][event.node]]
                self.lots.append((event.minute, days * MINUTES_PER_DAY, base, event.node, event.homes))
        self.apart = [event.minute for event in run.events if not isinstance(event, FUNDED + BUILT)]
        self.apart += [event.minute for event in run.events if isinstance(event, BUILT) and not event.minute]

    def go(self):
        """What happened: (minute, kind, project or place, ...)."""
        return _Going(self).seen


class _Going:
    def __init__(self, bare):
        self.bare, self.seen = bare, []
        self.env = env = simpy.Environment()
        self.crews = [
            {
                kind: simpy.PriorityResource(env, max(getattr(base, kind), 1))
                for kind in ("civil", "cable", "splice", "access")
            }
            for base in bare.bases
        ]
        self.desks = {office: simpy.PriorityResource(env, count) for office, count in bare.desks_of.items()}
        self.lit = {span: env.event() for work in bare.works for span in work.spans}
        self.started = set()
        for work in bare.works:
            env.process(self.project(work))
        for lot in bare.lots:
            env.process(self.lot(*lot))
        env.process(self.others())
        env.run(until=bare.horizon)

    def tell(self, *what):
        self.seen.append((self.env.now, *what))

    def project(self, work):
        env, tell, number = self.env, self.tell, work.number
        yield env.timeout(work.minute)
        tell("PlanMade", number, work.spans, work.nodes)
        tell("MoneyReserved", number)
        if work.spans:
            yield env.timeout(work.survey)
            for span in work.spans:
                tell("Spent", number, "survey", work.survey_cents[span])
            tell("StageEnded", number, "survey")
            if work.permits:
                yield env.all_of([env.process(self.permit(work, *permit)) for permit in work.permits])
                tell("StageEnded", number, "permits")
        yield env.timeout(work.tender)
        tell("StageEnded", number, "tender")
        yield env.timeout(work.material)
        for span in work.spans:
            tell("Spent", number, "material", work.material_cents[span])
        tell("StageEnded", number, "material")
        works = [env.process(self.hut(work, node)) for node in work.nodes]
        if work.spans:
            works.append(env.process(self.lay(work)))
        yield env.all_of(works)
        if work.upstream is not None and not self.lit[work.upstream].triggered:
            yield self.lit[work.upstream]
            tell("StageEnded", number, "upstream")
        yield env.timeout(work.commissioning)
        tell("StageEnded", number, "commissioning")
        for span in work.spans:
            tell("SpanLit", number, span)
            self.lit[span].succeed()
        for node in work.nodes:
            tell("NodeActivated", number, node)
        tell("ProjectReady", number)

    def permit(self, work, office, minutes):
        self.tell("PermitRequested", work.number, office)
        with self.desks[office].request(priority=work.number) as turn:
            yield from self.called(work, turn, "permits")
            yield self.env.timeout(minutes)
        self.tell("PermitGranted", work.number, office)

    def called(self, work, turn, why):
        if turn.triggered:
            yield turn
        else:
            began = self.env.now
            self.tell("Waiting", work.number, why)
            yield turn
            self.tell("Delayed", work.number, why, began)

    def lay(self, work):
        env = self.env
        sections, finishing = deque(work.sections), []
        left = dict.fromkeys(work.spans, 0)
        for section in sections:
            left[section[0]] += 1
        fronts = min(self.bare.fronts, len(sections))
        yield env.all_of([env.process(self.front(work, sections, left, finishing)) for _ in range(fronts)])
        yield env.all_of(finishing)
        self.tell("StageEnded", work.number, "laying")
        yield env.all_of([env.process(self.splice(work, span)) for span in work.spans])
        self.tell("StageEnded", work.number, "splice_test")

    def front(self, work, sections, left, finishing):
        env, seasons = self.env, self.bare.seasons
        while sections:
            span, metres, days, cents = sections.popleft()
            terrain, crews = work.terrain[span], self.crews[work.base[span]]["civil"]
            while True:
                today = env.now // MINUTES_PER_DAY
                opens = seasons.next_open(terrain, today)
                if opens > today:
                    self.tell("Waiting", work.number, "season")
                    yield env.timeout((opens - today) * MINUTES_PER_DAY)
                    self.tell("Delayed", work.number, "season")
                turn = crews.request(priority=work.number)
                yield from self.called(work, turn, "crews")
                window = seasons.open_days(terrain, env.now // MINUTES_PER_DAY)
                if window:
                    break
                crews.release(turn)
            if days > window and metres * window >= days:
                now = metres * window // days
                sections.appendleft((span, metres - now, days - window, cents - cents * now // metres))
                metres, days, cents = now, window, cents * now // metres
                left[span] += 1
            self.begin(work)
            yield env.timeout(days * MINUTES_PER_DAY)
            crews.release(turn)
            self.tell("SectionLaid", work.number, span, metres)
            self.tell("Spent", work.number, "labour", cents)
            left[span] -= 1
            if not left[span]:
                finishing.append(env.process(self.cable(work, span)))

    def begin(self, work):
        if work.number not in self.started:
            self.started.add(work.number)
            self.tell("BuildStarted", work.number)

    def cable(self, work, span):
        with self.crews[work.base[span]]["cable"].request(priority=work.number) as turn:
            yield from self.called(work, turn, "crews")
            yield self.env.timeout(work.cable[span])
        self.tell("SpanLaid", work.number, span)

    def splice(self, work, span):
        with self.crews[work.base[span]]["splice"].request(priority=work.number) as turn:
            yield from self.called(work, turn, "crews")
            yield self.env.timeout(work.splice)

    def hut(self, work, node):
        with self.crews[work.base_of_node[node]]["splice"].request(priority=work.number) as turn:
            yield from self.called(work, turn, "crews")
            self.begin(work)
            yield self.env.timeout(work.hut)
        self.tell("Spent", work.number, "node", work.node_cents[node])
        self.tell("StageEnded", work.number, "huts")

    def lot(self, minute, minutes, base, node, homes):
        yield self.env.timeout(minute - minutes)
        self.tell("HomesHeld", node)
        self.tell("MoneyReserved", node)
        with self.crews[base]["access"].request(priority=0) as turn:
            yield turn
            yield self.env.timeout(minutes)
        self.tell("HomesPassed", node, homes)
        self.tell("Spent", node, "homes_passed")

    def others(self):
        """Grants, openings, transit, meetings that hold, months of adoption, and what stood at the start."""
        for minute in self.bare.apart:
            yield self.env.timeout(max(minute - self.env.now, 0))
            self.tell("other")


def same_works(run, seen):
    """Whether the bare model built what the run built: all that does not depend on who waits for whom."""
    ours = Counter(type(event).__name__ for event in run.events if event.minute)
    theirs = Counter(kind for _, kind, *_ in seen)
    kinds = "PlanMade PermitRequested PermitGranted BuildStarted SpanLaid SpanLit NodeActivated ProjectReady"
    metres = sum(event.metres for event in run.events if isinstance(event, ev.SectionLaid))
    laid = sum(what[-1] for what in seen if what[1] == "SectionLaid")
    return all(ours[kind] == theirs[kind] for kind in [*kinds.split(), "HomesPassed"]) and metres == laid
