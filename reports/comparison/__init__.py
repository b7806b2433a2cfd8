"""Two runs compared, as data: the model, its codec, its groups and words. Renderings are in folders of their own."""
