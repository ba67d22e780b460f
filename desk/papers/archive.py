"""Files that are ZIP archives inside, as Word's: written again without the time of day in them."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


def same_bytes(content: bytes) -> bytes:
    """The same archive, every part in its place and dated 1980: made twice of the same, it is the same."""
    made = BytesIO()
    with ZipFile(BytesIO(content)) as held, ZipFile(made, "w", ZIP_DEFLATED) as written:
        for name in sorted(held.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            written.writestr(ZipInfo(name), held.read(name), ZIP_DEFLATED)
    return made.getvalue()
