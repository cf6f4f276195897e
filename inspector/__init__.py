"""A debugger for Hugging Face Diffusers pipelines."""
