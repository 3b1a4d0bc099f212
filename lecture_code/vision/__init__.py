"""What a camera sees, drawn without MuJoCo and without a graphics card.

Imports no other room. Shapes in the plane: start with `Eye` in `appearance.py`. A scene
goes in, and the images (N, H, W, 3) of N scenes come out.

    shapes        discs, capsules and rotated boxes: what a scene is made of
    camera        where the camera stands: from metres to pixels
    rasteriser    shapes become pixels, compiled
    plain         the same pixels, to read: the oracle of the tests
    appearance    colours, texture, light, blur and noise: one scene, many looks

Corridors: start with `see` in `raycaster.py`. The poses of N robots in maps of walls go
in, and the images (N, H, W, 3) that the robots see come out.

    grid_map           maps of cells; collisions, rays and moves, compiled
    map_checks         how far it is to a wall, who collides, and what cannot be
    corridors          maps to train in, and other maps to be tested in
    textures           pictures on walls, in two families
    corridor_looks     textures, colours, light and lens: one map, many looks
    lenses             tone curve, dark corners and blur, for a family or each robot
    raycaster          rays become columns of an image, compiled
    plain_raycaster    the same columns, to read: the oracle of the tests
"""

from lecture_code.vision.appearance import Appearance, Eye
from lecture_code.vision.camera import Camera
from lecture_code.vision.corridor_looks import Looks, draw_looks
from lecture_code.vision.corridors import corridor_map, held_out_maps, training_maps
from lecture_code.vision.grid_map import GridMap, MapStack
from lecture_code.vision.map_checks import collides, ray_distances
from lecture_code.vision.rasteriser import rasterise
from lecture_code.vision.raycaster import see
from lecture_code.vision.shapes import Shapes

__all__ = [
    "Appearance",
    "Camera",
    "Eye",
    "GridMap",
    "Looks",
    "MapStack",
    "Shapes",
    "collides",
    "corridor_map",
    "draw_looks",
    "held_out_maps",
    "rasterise",
    "ray_distances",
    "see",
    "training_maps",
]
