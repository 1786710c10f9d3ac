"""Opens chat models of any provider through LangChain, with our time limits and no retries of theirs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from docs_qa.rag.settings import AnswersConfig

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
_PACKAGES = {"anthropic": "anthropic", "ollama": "ollama"}


def open_model(name: str, url: str, config: AnswersConfig) -> BaseChatModel:
    """Open a model; no request is made.

    Retries are switched off in the clients: hidden below ours they would multiply.

    Args:
        name: `provider:model`, or a model whose provider LangChain can tell from its name.
        url: base URL of another server with the provider's protocol; empty: its own.
        config: time limits and sampling.

    Raises:
        ValueError: the provider is unknown, not installed, or lacks its key; says what to do.
    """
    from langchain.chat_models import init_chat_model

    provider = name.partition(":")[0]
    options = _options(provider, config)
    if url:
        options["base_url"] = url
        # Servers of one's own often want no key, but the clients do not start without one.
        if provider in _KEYS and not os.environ.get(_KEYS[provider]):
            options["api_key"] = "none"  # pragma: allowlist secret
    try:
        model: BaseChatModel = init_chat_model(name, **options)
    except ImportError as error:
        extra = _PACKAGES.get(provider)
        how = f"install the extra `{extra}`" if extra else "install its LangChain package"
        raise ValueError(f"chat model {name}: {how} ({error})") from error
    except Exception as error:  # the clients have no common error for a missing key
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"chat model {name}: {reason}") from error
    return model


def _options(provider: str, config: AnswersConfig) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if config.sampling.temperature != "default":
        options["temperature"] = config.sampling.temperature
    limit = config.sampling.max_output_tokens
    times = config.timeouts
    if provider == "ollama":
        import httpx

        timeout = httpx.Timeout(times.total, connect=times.connect)
        return options | {"num_predict": limit, "client_kwargs": {"timeout": timeout}}
    options |= {"max_tokens": limit, "max_retries": 0, "timeout": times.total}
    if provider in {"openai", "azure_openai"}:
        import openai

        # Without `stream_usage`, streams from other servers than OpenAI's carry no token counts.
        options["timeout"] = openai.Timeout(times.total, connect=times.connect)
        options["stream_usage"] = True
    return options


def provider_of(name: str) -> str:
    """Return the provider's name for traces; the part before the colon."""
    return name.partition(":")[0] if ":" in name else "unknown"
