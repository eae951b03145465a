"""Two images of one size laid over each other, with an edge between them that the reader moves: no script involved.

The box scrolls sideways. Both images stay where they are (`position: sticky`), each in a layer twice as wide as the
box; what scrolls is the layers, and with them the edge at which the upper one is cut off (`clip-path`). So a drag, a
swipe, a wheel and, once the box has the focus, the arrow keys move the edge. Where the style sheet of the pages is
missing, as in JupyterLab, and on paper, the images stand one after the other.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable

import numpy as np
from IPython.display import HTML
from PIL import Image

from isfstudy.report.page import Page, footer

WIDTH, QUALITY = 640, 80  # pixels, and of WebP: some 30 kB an image


def embedded(image: np.ndarray, alt: str) -> str:
    """An image, (H, W) or (H, W, 3) uint8, as an HTML element that holds it, no wider than `WIDTH`."""
    small = Image.fromarray(image)
    small.thumbnail((WIDTH, small.height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.convert("RGB").save(buffer, "WEBP", quality=QUALITY)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    size = f'width="{small.width}" height="{small.height}"'
    return f'<img alt="{html.escape(alt)}" {size} src="data:image/webp;base64,{encoded}">'


def slider(
    page: Page,
    before: tuple[str, np.ndarray],
    after: tuple[str, np.ndarray],
    *,
    caption: str,
    data: Iterable[str] | None = None,
) -> HTML:
    """Show two images in one place, with an edge to move between them.

    Args:
        before, after: as `slider_box` takes them.
        caption: what the reader sees, HTML.
        data: names in `page.data` that the line below shows; all by default.

    Raises:
        ValueError: for images that differ in height or width.
    """
    below = f"<figcaption>{caption} {footer(page, 'a view of the page', data)}</figcaption>"
    return HTML(f"<figure>{slider_box(before, after)}{below}</figure>")


def slider_box(before: tuple[str, np.ndarray], after: tuple[str, np.ndarray]) -> str:
    """The slider alone, as HTML.

    Args:
        before, after: what each image is, which becomes its alternative text, and the image, (H, W) or (H, W, 3) uint8;
            `before` is on the left of the edge.

    Raises:
        ValueError: for images that differ in height or width.
    """
    sizes = {name: image.shape[:2] for name, image in (before, after)}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"a slider needs images of one size, not {sizes}")
    label = html.escape(f"{before[0]} on the left, {after[0]} on the right; arrow keys move the edge between them")
    layers = "".join(f'<div class="layer">{embedded(image, name)}</div>' for name, image in (before, after))
    box = f'<div class="slider" role="region" aria-label="{label}" tabindex="0">'
    return f'{box}<div class="layers">{layers}</div></div>'
