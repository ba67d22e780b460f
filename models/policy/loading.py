"""Loading a pack: folders of YAML become one checked policy with a hash."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import yaml
from pydantic import BaseModel, ValidationError

from models.errors import PolicyError
from models.features import CATALOGUE
from models.policy.learning import FORBIDDEN
from models.policy.pack import PackFiles, Policy
from models.policy.planning import check_planning
from models.policy.shape import PackFile
from models.vocabulary import ALERT_LEVEL, SEVERITY

M = TypeVar("M", bound=BaseModel)
PACKS = Path(__file__).parent / "packs"
CODING_FILES = ("pack", "features", "scorecard", "codes", "learning")
PLANNING_FILES = ("planning", "caps")
REVIEW_FILES = ("review",)
DESK_FILES = ("desk", "papers")
FILES = (*CODING_FILES, *PLANNING_FILES, *REVIEW_FILES, *DESK_FILES)
_MODELS: dict[str, type[BaseModel]] = get_type_hints(PackFiles)
RESERVED = ("score", "unrated", "band", "held", "override", "enterprise_id")
"""Names that reasons and columns of the result carry; no factor or rule may."""


def pack_names() -> list[str]:
    """Names of the packs that come with the project."""
    return sorted(path.name for path in PACKS.iterdir() if (path / "pack.yaml").exists())


@cache
def load_policy(pack: str = "starter", *, folder: Path = PACKS) -> Policy:
    """Read and check a pack.  Raises PolicyError that names file and field."""
    return policy_from(read_texts(pack, folder=folder))


def read_texts(pack: str, *, folder: Path = PACKS) -> dict[str, str]:
    """The files of a pack, those it inherits included, by name without ending.  Raises PolicyError."""
    root = folder / pack
    if not (root / "pack.yaml").exists():
        raise PolicyError(
            "There is no policy pack '{pack}'; known packs: {pack_names}.",
            pack=pack,
            pack_names=", ".join(pack_names()),
        )
    meta = _check(PackFile, read_file(root / "pack.yaml"), "pack")
    parent = _parent(meta, folder) or root
    paths = {name: _own_or_inherited(f"{name}.yaml", root, parent) for name in FILES}
    # A whole pack written before there was a desk says nothing of it; then the starter pack does (policy_from).
    return {name: _text(path) for name, path in paths.items() if name not in DESK_FILES or path.exists()}


def policy_from(texts: Mapping[str, str]) -> Policy:
    """A pack from the texts of its files, as ``Policy.texts`` holds them.  Raises PolicyError, naming file and field.

    A kind of file that came with a later version of the program than the texts is taken from the starter pack: no
    code was decided by it then.
    """
    whole = {
        name: texts[name] if name in texts else _text(PACKS / "starter" / f"{name}.yaml") for name in FILES
    }
    raw = {name: _parsed(name, text) for name, text in whole.items()}
    meta = _check(PackFile, raw["pack"], "pack")
    checked: dict[str, Any] = {name: _check(model, raw[name], name) for name, model in _MODELS.items()}
    files = PackFiles(**checked)
    _check_whole(files)
    check_planning(files.planning, files.caps)
    dumps = {name: _dump({name: raw[name]}) for name in FILES}

    def hash_of(names: Collection[str]) -> str:
        # What has anchors is numbered through the whole of it.
        if any("&id" in dumps[name] for name in names):
            return content_hash({name: raw[name] for name in names})
        return _sha256("".join(dumps[name] for name in sorted(names)))

    return Policy(
        name=meta.name,
        version=meta.version,
        title=meta.title,
        note=meta.note,
        hash=hash_of(CODING_FILES),
        planning_hash=hash_of(PLANNING_FILES),
        content_hash=hash_of(texts),
        texts=dict(texts),
        files=files,
    )


def _parent(meta: PackFile, folder: Path) -> Path | None:
    """Folder of the pack this one changes; it must be whole."""
    if meta.extends is None:
        return None
    path = folder / meta.extends / "pack.yaml"
    if not path.exists():
        # A pack in a folder of its own may change one of those that come with the project.
        path = PACKS / meta.extends / "pack.yaml"
    if not path.exists():
        raise PolicyError(
            "pack.yaml: {name} extends '{extends}', which is no pack; known packs: {pack_names}. Name "
            "one of them.",
            name=meta.name,
            extends=meta.extends,
            pack_names=", ".join(pack_names()),
        )
    further = _check(PackFile, read_file(path), "pack").extends
    if further is not None:
        raise PolicyError(
            "pack.yaml: {name} extends '{extends}', which itself extends '{further}'. Extend a pack "
            "that stands alone.",
            name=meta.name,
            extends=meta.extends,
            further=further,
        )
    return path.parent


def _own_or_inherited(name: str, root: Path, parent: Path) -> Path:
    """A pack that extends another one holds only the files it changes."""
    return root / name if (root / name).exists() else parent / name


def _check_whole(files: PackFiles) -> None:
    """What single fields cannot see: every category has its points, and no name stands twice."""
    file = files.features
    scales = (
        ("severity_points", SEVERITY, {day: one.value for day, one in file.severity_points.values.items()}),
        (
            "severity_mean",
            SEVERITY,
            {day: one.value.points for day, one in file.severity_mean.values.items()},
        ),
        ("alert_points", ALERT_LEVEL, {day: one.value for day, one in file.alert_points.values.items()}),
    )
    for name, needed, values in scales:
        for start, points in values.items():
            if set(points) != set(needed.keys):
                raise PolicyError(
                    "features.yaml: {name} from {start} must name exactly {needed}.",
                    name=name,
                    start=start,
                    needed=needed.keys,
                )
    for name, dated in (("violation_bands", file.violation_bands), ("alert_bands", file.alert_bands)):
        for start, entry in dated.values.items():
            _refuse_repeats(f"features.yaml: {name} from {start}", [band.upto_days for band in entry.value])
    if files.codes.off_site_settles is not None and any(
        one.value.off_site_satisfies_annual is not None for one in files.planning.switches.values.values()
    ):
        raise PolicyError(
            "planning.yaml: switches.off_site_satisfies_annual is said by off_site_settles of codes.yaml. Take it out, "
            "and name annual_full there if it was true."
        )
    names = [entry.name for entry in (*files.codes.rules, *files.scorecard.factors)]
    _refuse_repeats("scorecard.yaml and codes.yaml", [*names, *RESERVED])
    _refuse_repeats("learning.yaml: labels", [entry.name for entry in files.learning.labels])
    for start, entry in files.learning.candidates.values.items():
        offered = [candidate.feature for candidate in entry.value]
        _refuse_repeats(f"learning.yaml: candidates from {start}", offered)
        for feature in offered:
            _refuse_barred(f"learning.yaml: candidates from {start}", feature)


def _refuse_barred(where: str, feature: str) -> None:
    if feature in FORBIDDEN:
        raise PolicyError(
            "{where}: {feature} may give no points: {forbidden}. Take it out.",
            where=where,
            feature=feature,
            forbidden=FORBIDDEN[feature],
        )
    if feature not in CATALOGUE:
        raise PolicyError(
            "{where}: there is no feature {feature}. The features are listed in docs/data-dictionary.md.",
            where=where,
            feature=feature,
        )


def _refuse_repeats(where: str, names: Sequence[object]) -> None:
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise PolicyError(
            "{where}: {repeated} is used twice or reserved. Choose another name.",
            where=where,
            repeated=", ".join(repeated),
        )


if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeLoader as _Loader
else:
    from yaml import CSafeLoader as _Loader  # Twice as fast in all, where PyYAML was built with libyaml.


class _NoDuplicates(_Loader):
    """YAML without repeated keys: two values for one day would silently overlap."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = {str(key) for key in keys if keys.count(key) > 1}
        if repeated:
            line = node.start_mark.line + 1
            raise PolicyError(
                "line {line}: {repeated} stands twice. Keep one.", line=line, repeated=", ".join(repeated)
            )
        return super().construct_mapping(node, deep=deep)


def read_file(path: Path) -> dict[str, Any]:
    """One YAML file.  Raises PolicyError for what is no mapping of unique keys."""
    return _parsed(path.stem, _text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (ValueError, OSError) as error:
        raise PolicyError("{name}: {error}. Correct the pack.", name=path.name, error=error) from error


def _parsed(name: str, text: str) -> dict[str, Any]:
    stream = StringIO(text)
    stream.name = f"{name}.yaml"  # The reader names it where the text is at fault.
    try:
        return yaml.load(stream, Loader=_NoDuplicates)
    # A date like 1990-13-01 is a ValueError of the YAML reader's own.
    except (PolicyError, yaml.YAMLError, ValueError) as error:
        raise PolicyError("{name}.yaml: {error}. Correct the pack.", name=name, error=error) from error


def _check(model: type[M], raw: dict[str, Any], name: str) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PolicyError(
            "{name}.yaml: {where}: {msg}. Correct the pack.", name=name, where=where, msg=first["msg"]
        ) from error


def content_hash(raw: dict[str, Any]) -> str:
    """SHA-256 of the content, whatever its order and comments."""
    return _sha256(_dump(raw))


def _dump(raw: dict[str, Any]) -> str:
    return yaml.safe_dump(raw, sort_keys=True, allow_unicode=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
