"""The icons are of resources/app.svg as it is now, in every size and kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops
from PIL.IcnsImagePlugin import IcnsImageFile
from PIL.IcoImagePlugin import IcoImageFile

ICONS = Path(__file__).resolve().parents[2] / "packaging" / "icons"
# Other versions of Qt and of its fonts' smoothing differ by a shade; another drawing by far more.
_SHADE = 2.0
_KINDS = {"ic07": 128, "ic08": 256, "ic09": 512, "ic10": 1024, "ic11": 32, "ic12": 64, "ic13": 256}


def is_drawn(found: Image.Image, size: int) -> bool:
    from icons.make_icons import draw

    assert found.size == (size, size)
    difference = ImageChops.difference(found.convert("RGBA"), draw(size).convert("RGBA"))
    return all(sum(i * n for i, n in enumerate(band.histogram())) / size**2 < _SHADE
               for band in difference.split())  # fmt: skip


@pytest.mark.usefixtures("qapp")
def test_linux_has_a_picture_of_each_size() -> None:
    from icons.make_icons import LINUX

    found = {path.name for path in ICONS.glob("*.png")}
    assert found == {f"postflight-{size}.png" for size in LINUX}
    for size in LINUX:
        with Image.open(ICONS / f"postflight-{size}.png") as image:
            assert is_drawn(image, size)


@pytest.mark.usefixtures("qapp")
def test_windows_has_each_size_in_one_file() -> None:
    from icons.make_icons import WINDOWS

    with Image.open(ICONS / "postflight.ico") as image:
        assert isinstance(image, IcoImageFile)
        assert image.ico.sizes() == {(size, size) for size in WINDOWS}
        assert {16, 256} <= set(WINDOWS)
        for size in WINDOWS:
            assert is_drawn(image.ico.getimage((size, size)), size)


@pytest.mark.usefixtures("qapp")
def test_macos_has_each_kind_in_one_file() -> None:
    with Image.open(ICONS / "postflight.icns") as image:
        assert isinstance(image, IcnsImageFile)
        kinds = {kind.decode() for kind in image.icns.dct}
        assert set(_KINDS) <= kinds
        for size in (16, 32, 128, 256, 512):
            assert is_drawn(image.icns.getimage((size, size, 2)), 2 * size)


@pytest.mark.usefixtures("qapp")
def test_another_drawing_is_noticed() -> None:
    from icons.make_icons import draw

    other = draw(64).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    assert is_drawn(draw(64), 64) and not is_drawn(other, 64)
