"""Entry point of ``./riskcode``."""

from pipelines.cli import main

main()
