"""The OpenAPI document, with what every operation of a kind has beside its own."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser

from api.once import HEADER
from api.problems import PROBLEM, FieldErrors

KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Of your choice, such as a UUID: sent again within 24 hours, the same request is answered as the"
    " first time and nothing is done again. 409 while the first is at work, 422 for another request.",
    "schema": {"type": "string", "pattern": "^[!#-\\[\\]-~]{1,200}$"},
}


class Objects(Parser):
    """Every body of this API is a JSON object; Pydantic would read a list as one without fields.

    Text has no zero bytes: PostgreSQL keeps none, and nobody means one. Raises FieldErrors.
    """

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body = super().parse_body(request)
        if not isinstance(body, dict):
            raise ValueError("The body is no JSON object.")
        if b"\\u0000" in request.body:
            _no_zeros(body)
        return body

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        words = super().parse_querydict(data, list_fields, request)
        _no_zeros(words)
        return words


def _no_zeros(fields: dict[str, Any]) -> None:
    for field, value in fields.items():
        if "\\u0000" in json.dumps(value).replace("\\\\", ""):
            raise FieldErrors({field: ["This has a zero byte in it, which is no text. Send it without."]})


class Api(NinjaAPI):
    """Says of every POST that it takes a key, and of every refusal that it is a problem document."""

    def get_openapi_schema(self, **words: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**words)
        for path in document["paths"].values():
            if "post" in path:
                path["post"]["parameters"] = [*path["post"]["parameters"], KEY]
            for operation in path.values():
                _as_problems(operation["responses"])
        return document


def _as_problems(responses: dict[int, Any]) -> None:
    for status, told in responses.items():
        if int(status) >= 400:
            told["content"] = {PROBLEM: next(iter(told["content"].values()))}
