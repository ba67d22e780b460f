"""The ground as an authority drew it itself: files of GeoJSON in the home, looked at anew when one of them changes."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from models.errors import SettingsError
from models.geojson import Feature, features
from warehouse.home import Home

MOST_BYTES = 4 * 2**20
"""Of one file: what a browser draws without a pause."""


@dataclass(frozen=True)
class Ground:
    """Features of all files that can be read, and by name those that cannot, with the reason."""

    features: tuple[Feature, ...]
    refused: tuple[tuple[str, SettingsError], ...]


def ground(home: Home) -> Ground:
    """What lies in ``map/*.geojson`` of a home, the files in the order of their names."""
    files = sorted(home.map.glob("*.geojson"))
    return _read(tuple((path, *_mark(path)) for path in files))


def _mark(path: Path) -> tuple[int, int]:
    try:
        told = path.stat()
    except OSError:
        return 0, 0
    return told.st_mtime_ns, told.st_size


@lru_cache(2)
def _read(files: tuple[tuple[Path, int, int], ...]) -> Ground:
    found, refused = list[Feature](), list[tuple[str, SettingsError]]()
    for path, _, size in files:
        try:
            if size > MOST_BYTES:
                raise SettingsError(
                    "it is larger than {most} MB. Draw it with fewer points.", most=MOST_BYTES // 2**20
                )
            found += features(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            refused.append((path.name, SettingsError("it cannot be read ({why}). Save it again.", why=error)))
        except SettingsError as error:
            refused.append((path.name, error))
    return Ground(tuple(found), tuple(refused))
