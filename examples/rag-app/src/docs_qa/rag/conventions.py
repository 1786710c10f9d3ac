"""Names of OpenTelemetry's conventions for generative AI.

The conventions are still in development, so their names stand here and nowhere else:
https://opentelemetry.io/docs/specs/semconv/gen-ai/ (as of semantic conventions 1.41).
"""

from typing import Final

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
WORKFLOW: Final = "gen_ai.workflow.name"
ERROR_TYPE: Final = "error.type"

# Content; recorded only when APP_TRACE_CONTENT is true.
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
QUERY: Final = "gen_ai.retrieval.query.text"
DOCUMENTS: Final = "gen_ai.retrieval.documents"

# Values of OPERATION.
CHAT: Final = "chat"
RETRIEVAL: Final = "retrieval"
INVOKE_WORKFLOW: Final = "invoke_workflow"

# Ours: what the conventions have no name for.
MODE: Final = "app.rag.mode"
REQUEST_ID: Final = "app.request.id"
PASSAGES: Final = "app.rag.passages"
EVIDENCE: Final = "app.rag.evidence"
ABSTAINED: Final = "app.rag.abstained"
REASON: Final = "app.rag.reason"
REWRITTEN: Final = "app.rag.rewritten"
ATTEMPT: Final = "app.rag.attempt"
COST: Final = "app.rag.cost_usd"
