"""Servers before a heap: who waits is called by key, then by arrival."""

import simpy
from bbsim.simulate.resources import Servers


def test_a_free_server_is_taken_at_once_and_a_taken_one_is_waited_for():
    env = simpy.Environment()
    servers = Servers(env, 2)
    assert servers.request((0,)) is None
    assert servers.request((1,)) is None
    turn = servers.request((2,))
    assert (turn.triggered, servers.queue, servers.idle) == (False, 1, 0)
    servers.release()
    assert (turn.triggered, servers.queue, servers.idle) == (True, 0, 0)


def test_the_smallest_key_is_called_first_and_equal_keys_in_order_of_arrival():
    env = simpy.Environment()
    servers = Servers(env, 1)
    called = []

    def customer(name, key):
        turn = servers.request(key)
        if turn is not None:
            yield turn
        called.append(name)
        yield env.timeout(1)
        servers.release()

    for name, key in (
        ("first", 9),
        ("nine", 9),
        ("five", 5),
        ("nine again", 9),
        ("one", 1),
        ("five again", 5),
    ):
        env.process(customer(name, (key,)))
    env.run()
    assert called == ["first", "one", "five", "five again", "nine", "nine again"]
    assert servers.idle == 1


def test_no_server_at_all_serves_nobody():
    env = simpy.Environment()
    servers = Servers(env, 0)
    turn = servers.request((0,))
    env.run(until=100)
    assert not turn.triggered


def test_servers_are_never_lost_nor_made():
    env = simpy.Environment()
    servers = Servers(env, 3)
    busy, most = [0], [0]

    def customer(number):
        yield env.timeout(number % 7)
        turn = servers.request((number % 5,))
        if turn is not None:
            yield turn
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        yield env.timeout(1 + number % 3)
        busy[0] -= 1
        servers.release()

    for number in range(200):
        env.process(customer(number))
    env.run()
    assert (most[0], busy[0], servers.idle, servers.queue) == (3, 0, 3, 0)
