"""Mutation testing: does a test fail when the code says something else?  ``docs/mutation.md`` says how to use it.

``areas`` reads what is measured and what is left out, ``mutants`` lists the mutants of a place, ``work`` lets mutmut
run their tests in a folder of their own, ``order`` is the pytest plugin it runs them with, and ``report`` tells.
"""
