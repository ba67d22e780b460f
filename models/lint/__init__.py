"""Faults of a policy pack that the loader cannot refuse: dead rules, missing references, no way out."""
