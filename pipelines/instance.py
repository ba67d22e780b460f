"""The Dagster instance of this installation."""

from warehouse.home import Home

DAGSTER_YAML = """\
# Dagster's own instance for this installation.  Nothing is reported to anybody.
telemetry:
  enabled: false
nux:
  enabled: false
# One run writes at a time; others wait their turn instead of being refused.
concurrency:
  runs:
    max_concurrent_runs: 1
python_logs:
  managed_python_loggers: [riskcode]
  python_log_level: INFO
"""


def write_instance_config(home: Home) -> None:
    """Dagster's instance configuration, unless the operator has put one there."""
    config = home.dagster / "dagster.yaml"
    if not config.exists():
        config.write_text(DAGSTER_YAML, encoding="utf-8")
