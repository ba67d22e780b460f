"""Speed and memory of a nightly run, as ratios measured in one go: ``python -m benchmarks``."""
