"""What Spark needs, asked before anything is begun; imports stay light."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from typing import Literal

from models.errors import SettingsError

Engine = Literal["local", "spark"]
"""What can code a whole city."""
OLDEST_JAVA = 17


def require_spark() -> None:
    """Raise SettingsError where PySpark or its Java is missing."""
    if find_spec("pyspark") is None:
        raise SettingsError(
            "Spark is asked for, and pyspark is not installed. Call: .venv/bin/python -m pip install "
            "--require-hashes -r requirements-spark.lock"
        )
    version = java_version()
    if version is None:
        raise SettingsError(
            "Spark needs Java {oldest} or newer, and there is none. Install openjdk-17-jre-headless, or let JAVA_HOME "
            "name one.",
            oldest=OLDEST_JAVA,
        )
    if version < OLDEST_JAVA:
        raise SettingsError(
            "Spark needs Java {oldest} or newer, and {version} is there. Install openjdk-17-jre-headless, or let "
            "JAVA_HOME name one.",
            oldest=OLDEST_JAVA,
            version=version,
        )


def java_version() -> int | None:
    """Main version of the Java that Spark would use; ``None`` where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        return None
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else None
