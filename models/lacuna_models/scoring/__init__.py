"""Re-scoring: how likely is what stands there, and what would have stood there otherwise?

`text` joins segments and finds sentences, `critical` finds the words that carry findings, `places`
says where they lie on canvases, `noise` lays uniform draws and reads likelihoods, `measures` makes
the four measures of it, `facts` and `restyle` word soft text anew without changing what it says.
"""
