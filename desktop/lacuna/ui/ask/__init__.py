"""Questions about the images, and words to the model: lines to type in, in the report column."""
