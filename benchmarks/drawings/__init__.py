"""Pictures that programs draw: kinds of templates, each with contents left to chance."""
