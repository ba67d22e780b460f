"""Assets declare: what is made, from what, checked how.  A body is one call; the work is in models and warehouse."""

import warnings

from dagster import BetaWarning, PreviewWarning

# What Dagster still calls preview or beta is used on purpose; nobody who starts it can act on it.
warnings.filterwarnings("ignore", category=PreviewWarning)
warnings.filterwarnings("ignore", category=BetaWarning)
