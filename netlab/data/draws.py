"""What is drawn anew for each training row in each epoch: masks of tokens and changes of images.

These are descriptions; `netlab.engine.drawing` does them on the device, as a function of (seed, epoch, row).
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.options import Choice, Float, Int, Options


@dataclass(frozen=True)
class MaskTokens:
    """Hide tokens to be guessed (Devlin et al. 2018): of those chosen 80 % masked, 10 % another token, 10 % as they are.

    Attributes:
        field, original: the tokens, and what they were where they were chosen, 0 elsewhere.
        share: of the tokens that are chosen.
        mask: id that hides a token.
        first, size: ids from `first` up to `size` are words; those below stand for no text and are never chosen.
    """

    field: str
    original: str
    share: float
    mask: int
    first: int
    size: int


@dataclass(frozen=True)
class DropTokens:
    """Replace tokens by another one, so that a model does not lean on single words (word dropout, Iyyer et al. 2015)."""

    field: str
    share: float
    by: int
    first: int


@dataclass(frozen=True)
class ChangeImages:
    """Random changes of images that leave the class as it is; sizes in pixels, angles in degrees.

    Attributes:
        flip: ``no``, ``horizontal`` or ``both`` ways, each for half of the rows.
        shift: cut out at a random place after padding by so many pixels (random crop).
        rotate: by at most so many degrees either way.
        colour: brightness and contrast change by at most this share.
        noise: deviation of what is added to each pixel, in units of the normalised image.
        cutout: side of a square that is greyed out (DeVries and Taylor 2017).
        mixup: α of the Beta distribution of shares; an image keeps the larger one and its class (Zhang et al. 2018).
    """

    field: str
    flip: str = "no"
    shift: int = 0
    rotate: float = 0.0
    colour: float = 0.0
    noise: float = 0.0
    cutout: int = 0
    mixup: float = 0.0


Draw = MaskTokens | DropTokens | ChangeImages


class ImageChanges(Options):
    """The options of sources of images that say how training images are changed anew in each epoch."""

    flip = Choice("no", ("no", "horizontal", "both"), help="Mirror half of the training images.")
    shift = Int(0, min=0, max=256, unit="pixels", help="Move training images by up to so many pixels (random crop).")
    rotate = Float(0.0, min=0.0, max=180.0, unit="°", help="Turn training images by up to so many degrees either way.")
    colour = Float(0.0, min=0.0, max=1.0, help="Change brightness and contrast by up to this share.")
    noise = Float(0.0, min=0.0, max=2.0, help="Deviation of noise on each pixel of the normalised image.")
    cutout = Int(0, min=0, max=512, unit="pixels", help="Side of a square that is hidden in each training image.")
    mixup = Float(0.0, min=0.0, max=10.0, help="α of mixup: blend images, each keeping the larger share and its class.")

    def changes(self, field: str) -> tuple[Draw, ...]:
        """The changes of a field of images, none if all options are off."""
        chosen = {name: getattr(self, name) for name in ImageChanges.options()}
        draw = ChangeImages(field, **chosen)
        return () if draw == ChangeImages(field) else (draw,)


class TokenChanges(Options):
    """The option of sources of text that says how training rows are changed anew in each epoch."""

    drop = Float(0.0, min=0.0, max=0.9, help="Share of the tokens that training hides, other ones in each epoch.")

    def drops(self, by: int, first: int, *fields: str) -> tuple[Draw, ...]:
        """The changes of fields of tokens, none if the option is off: ids from `first` on may become `by`."""
        return tuple(DropTokens(field, self.drop, by, first) for field in fields) if self.drop else ()
