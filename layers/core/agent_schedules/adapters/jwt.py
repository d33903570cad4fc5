"""JSON Web Tokens of one issuer in the place of API keys, where a deployment is configured for it.

Loaded with the first token: the libraries are in a layer of their own, and take time.
"""

from __future__ import annotations

from typing import Any

import jwt

from agent_schedules.adapters.issuer_keys import ALGORITHMS, IssuerKeys
from agent_schedules.domain.api_keys import SCOPES, Grant, Scope, is_tenant

LEEWAY = 30  # seconds that clocks may differ


class TokenVerifier:
    """Reads a token whose signature, issuer, audience and times hold."""

    def __init__(self, keys: IssuerKeys, *, issuer: str, audience: str, tenant_claim: str, scope_claim: str) -> None:
        """`scope_claim` is empty where tokens say nothing of scopes; each has `write` then."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._tenant_claim = tenant_claim
        self._scope_claim = scope_claim

    def __call__(self, token: str) -> Grant | None:
        """What the token stands for; None for one that does not hold. Raises Unavailable."""
        try:
            # Nothing of the header is believed but the name of the key. What it says of addresses or keys is not read.
            key_id = jwt.get_unverified_header(token).get("kid")
            key = self._keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        tenant = claims.get(self._tenant_claim)
        return Grant(tenant, self._scope(claims)) if is_tenant(tenant) else None

    def _scope(self, claims: dict[str, Any]) -> Scope | None:
        """The highest scope of the claim, a text of words (RFC 8693) or a list; others are somebody else's."""
        if not self._scope_claim:
            return "write"
        claim = claims.get(self._scope_claim)
        said = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
        return next((scope for scope in reversed(SCOPES) if scope in said), None)
