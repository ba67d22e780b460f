"""A measure by itself."""

import pytest

from tests.worlds.measured import telling

tell = pytest.fixture(telling, name="tell")
