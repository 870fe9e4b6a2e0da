"""Packed weights: experts at 4 bits in groups, or everything of weight at 8.

`packing` turns a tensor into codes and scales and back; `scheme` says which tensors of a
checkpoint are packed, and how; `convert` writes a packed checkpoint; `modules` compute with packed
weights. The embeddings, which are the output head and a matrix of self-conditioning too, the
router, the norms and the vision tower stay as they are.
"""
