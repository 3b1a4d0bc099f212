"""What a camera sees, drawn without MuJoCo and without a graphics card.

Imports no other room. Start with `Eye` in `appearance.py`: a scene goes in, and the
images (N, H, W, 3) of N scenes come out.

    shapes        discs, capsules and rotated boxes: what a scene is made of
    camera        where the camera stands: from metres to pixels
    rasteriser    shapes become pixels, compiled
    plain         the same pixels, to read: the oracle of the tests
    appearance    colours, texture, light, blur and noise: one scene, many looks
"""

from lecture_code.vision.appearance import Appearance, Eye
from lecture_code.vision.camera import Camera
from lecture_code.vision.rasteriser import rasterise
from lecture_code.vision.shapes import Shapes

__all__ = [
    "Appearance",
    "Camera",
    "Eye",
    "Shapes",
    "rasterise",
]
