"""3D models: STL, OBJ, PLY and GLB, seen from the front, the right and above."""

from __future__ import annotations

from typing import Any

import numpy as np
import trimesh

from damgate_preview import solid
from damgate_preview.drawn import Beyond, Drawn, Original, from_pillow, tool

_KINDS = {"model/stl": "stl", "model/obj": "obj", "model/ply": "ply", "model/gltf-binary": "glb"}
_UPWARDS = {"obj", "glb"}  # y points upwards; in the others z does
_LARGEST = 150 << 20  # bytes
_LARGEST_TEXT = 40 << 20
_MOST_FACES = 1_500_000


def draw(original: Original, box: int) -> Drawn | None:
    """Draw it; Beyond where it has too many faces."""
    kind = _KINDS.get(original.media_type)
    if kind is None:
        return None
    with original.path.open("rb") as file:
        binary = kind == "glb" or b"\x00" in file.read(4096)
        if original.size > (_LARGEST if binary else _LARGEST_TEXT):
            raise Beyond("It is too large to be drawn")
        if kind == "stl" and binary:
            file.seek(80)
            count = int.from_bytes(file.read(4), "little")
            if original.size < 84 + 50 * count:
                raise ValueError("It ends before its last triangle")
        file.seek(0)
        # From an open file: what it refers to beside itself (textures, materials) is not looked for.
        scene = trimesh.load_scene(file, file_type=kind, process=False, skip_materials=True)
    triangles, colours = _triangles(scene)
    if not len(triangles):
        return None
    if kind not in _UPWARDS:
        triangles = triangles[:, :, [0, 2, 1]] * [1, 1, -1]
    picture = solid.draw(triangles, colours, min(box, 1600), min(box, 1600) * 3 // 4)
    return Drawn(from_pillow(picture), f"{len(triangles):,} triangles, {tool('trimesh')}")


def _triangles(scene: trimesh.Scene) -> tuple[Any, Any]:
    """Return all triangles of a scene where they stand, and their colours where any has one."""
    found, colours, total, coloured = [], [], 0, False
    for name in scene.graph.nodes_geometry:
        transform, geometry = scene.graph[name]
        mesh = scene.geometry[geometry]
        if not isinstance(mesh, trimesh.Trimesh):
            continue
        total += len(mesh.faces)
        if total > _MOST_FACES:
            raise Beyond(f"It has more than {_MOST_FACES:,} faces")
        corners = trimesh.transform_points(mesh.vertices, transform)[mesh.faces]
        found.append(corners)
        own = _colours(mesh)
        coloured = coloured or own is not None
        colours.append(own if own is not None else np.full((len(mesh.faces), 3), 170, np.uint8))
    if not found:
        return np.empty((0, 3, 3)), None
    triangles = np.concatenate(found)
    sound = np.isfinite(triangles).all(axis=(1, 2)) & (np.abs(triangles) < 1e12).all(axis=(1, 2))
    return triangles[sound], np.concatenate(colours)[sound] if coloured else None


def _colours(mesh: trimesh.Trimesh) -> Any:
    visual: Any = mesh.visual
    if visual.kind in {"face", "vertex"}:
        return np.asarray(visual.face_colors)[:, :3]
    factor = getattr(getattr(visual, "material", None), "main_color", None)
    return None if factor is None else np.tile(np.asarray(factor)[:3], (len(mesh.faces), 1))
