"""What a picture is by its first bytes."""

from models.errors import FieldError

_BEGINNINGS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


def image_type(content: bytes) -> str:
    """What a picture is by its first bytes, whatever it is called.  Raises FieldError for anything else."""
    for beginning, told in _BEGINNINGS:
        if content.startswith(beginning):
            return told
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise FieldError("A photo is a JPEG, PNG or WebP picture, and this file is none. Choose another one.")
