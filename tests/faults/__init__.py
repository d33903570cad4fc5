"""Deterministic fault simulation: the real code on strict fakes and a virtual clock, with everything going wrong.

One seed is one history. `make test-faults` runs thousands, `make test-faults SEED=k` replays one with every effect.
"""
