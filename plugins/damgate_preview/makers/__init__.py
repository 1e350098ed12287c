"""The makers of previews: `draw(original, box)` of each module returns a picture, None where it finds nothing to draw.

An exception says that the file is damaged; `Beyond` that it is too much.
"""
