"""Photos and drawn signatures as documents show them: small, upright, and without what a camera wrote into them."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

LONGEST_SIDE, QUALITY = 1000, 80
MOST_PIXELS = 40_000_000
"""Of a picture that is looked at; a camera of a phone takes fewer, and a file of a few kilobytes may say more."""


def picture(content: bytes) -> bytes | None:
    """A JPEG of at most a thousand pixels; ``None`` for what is no picture."""
    try:
        with Image.open(BytesIO(content)) as held:
            if held.width * held.height > MOST_PIXELS:
                return None
            held.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(held).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # What is transparent, as the ground of a signature, is paper.
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright.getchannel("A"))
    made = BytesIO()
    paper.save(made, "JPEG", quality=QUALITY)
    return made.getvalue()
