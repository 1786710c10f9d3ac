"""Serves a language model and its adapters behind OpenAI's chat protocol, batched, on any device."""
