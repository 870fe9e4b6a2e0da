"""The lean step: a small checkpoint's decoder on a CPU, equal to upstream's and much faster.

At this size upstream's forward spends half of its time on dispatching some 2,800 small operations.
`weights` folds what can be folded into fewer, larger products; `room` holds what stands between
passes; `step` runs them, at free positions only wherever the others cannot have changed; `choice`
says which checkpoints this serves.
"""
