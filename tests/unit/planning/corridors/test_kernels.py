"""The compiled loops and the plain ones give the same answers, to the last bit."""

import numpy as np
import pytest
from bbsim import planning
from bbsim.planning.corridors import kernels

numba = pytest.importorskip("numba")


@pytest.fixture
def both(monkeypatch):
    """Run a question plain, then compiled."""

    def run(question):
        monkeypatch.setenv("BBSIM_PLAIN", "1")
        plain = question()
        monkeypatch.setenv("BBSIM_PLAIN", "0")
        monkeypatch.setattr(kernels, "COMPILE_ABOVE", -1)
        compiled = question()
        monkeypatch.undo()
        return plain, compiled

    return run


def corridors(seed, n=120, whole=False):
    rng = np.random.default_rng(seed)
    side = np.arange(n)
    u = np.concatenate([side, rng.integers(0, n, 2 * n)])
    v = np.concatenate([np.roll(side, 1), np.minimum(n - 1, u[n:] + rng.integers(1, 9, 2 * n))])
    cost = rng.integers(0, 4, len(u)).astype(float) if whole else rng.uniform(0.5, 3.0, len(u))
    return u, v, cost, rng


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("effort", ["fast", "standard", "thorough"])
def test_steiner_trees(both, effort, whole):
    u, v, cost, rng = corridors(3, whole=whole)
    terminals = rng.choice(120, 15, replace=False)
    plain, compiled = both(lambda: planning.steiner_tree(u, v, cost, terminals, effort=effort))
    assert plain.edges.tolist() == compiled.edges.tolist()
    assert (plain.cost, plain.lower_bound) == (compiled.cost, compiled.lower_bound)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("how", [{"budget": 25.0}, {"usd_per_prize": 0.2}])
def test_whom_to_reach(both, how, whole):
    from bbsim.planning.reach import hunt as prize_module

    u, v, cost, rng = corridors(4, whole=whole)
    prize = rng.integers(0, 9, 120).astype(float)

    def question():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(prize_module, "REBUILDS", 12)
            patch.setattr(prize_module, "EXACT_EDGES", 0)
            return planning.prize_collecting(u, v, cost, prize, 0, **how)

    plain, compiled = both(question)
    assert plain.nodes.tolist() == compiled.nodes.tolist()
    assert (plain.cost, plain.prize, plain.upper_bound) == (
        compiled.cost,
        compiled.prize,
        compiled.upper_bound,
    )


def test_schedules(both):
    from bbsim.planning.order import scheduling

    rng = np.random.default_rng(5)
    n = 40
    duration = rng.integers(1, 9, n).astype(float)
    before = [sorted(set(rng.integers(0, j, 2).tolist())) if j > 5 else [] for j in range(n)]
    need = rng.integers(0, 5, (n, 3)).astype(float)

    def question():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scheduling, "SCHEDULES", 200)
            return planning.schedule(duration, before, need, [6.0, 6.0, 6.0])

    plain, compiled = both(question)
    assert plain.start.tolist() == compiled.start.tolist()
    assert plain.lower_bound == compiled.lower_bound


def test_an_unknown_kernel_is_named():
    with pytest.raises(AttributeError, match="no kernel named nonsense"):
        kernels.engine_of((), False).nonsense  # noqa: B018
