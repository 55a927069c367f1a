"""What can go wrong: each hazard is a frozen value whose one method lives in the run's time.

``happen(clock)`` is a generator: it waits (``yield clock.delay(days)``, ``yield inbox.next()``) and acts by
the clock's verbs alone (`bbsim.models.hazards.verbs`). Each of its draws has a name, so a hazard that is
added, switched off or asked about one more place changes no other draw.
"""
