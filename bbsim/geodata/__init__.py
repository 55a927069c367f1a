"""Builds a country pack from installable data packages: places, corridors, rural people.

Nothing here runs when a pack is used; it is the workshop in which a pack is made. The data packages are
the `geodata` extra and are read only when a pack is built.
"""
