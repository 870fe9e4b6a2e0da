"""The steady step: the decoder with the same shapes and addresses in every pass, for a CUDA graph.

An eager pass of the real checkpoint is launched operation by operation, five times slower than its
memory traffic. `step` computes it without waiting for the host and without a shape that depends on
the data; `room` holds its tensors; `rooms` keeps a few of them, captures a graph over each, and
falls back to upstream's decoder where the two disagree.
"""
