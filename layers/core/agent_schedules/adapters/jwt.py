"""JSON Web Tokens of one issuer instead of API keys, if a deployment is configured for it.

Imported with the first token, because the libraries are in a layer of their own and take time to load.
"""

from __future__ import annotations

from typing import Any

import jwt

from agent_schedules.adapters.issuer_keys import ALGORITHMS, IssuerKeys
from agent_schedules.domain.api_keys import SCOPES, Grant, Scope, is_tenant

LEEWAY = 30  # seconds that clocks may differ


class TokenVerifier:
    """Verifies the signature, issuer, audience and times of a token."""

    def __init__(self, keys: IssuerKeys, *, issuer: str, audience: str, tenant_claim: str, scope_claim: str) -> None:
        """Set up the verifier. An empty `scope_claim` gives every token the scope `write`."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._tenant_claim = tenant_claim
        self._scope_claim = scope_claim

    def __call__(self, token: str) -> Grant | None:
        """Return the rights of a token; None if it is not valid. Raises Unavailable."""
        try:
            # Of the unverified header only the key id is used, never an address or a key in it.
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
                options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},  # RSA: 2048 bits
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        tenant = claims.get(self._tenant_claim)
        return Grant(tenant, self._scope(claims)) if is_tenant(tenant) else None

    def _scope(self, claims: dict[str, Any]) -> Scope | None:
        """Return the highest scope in the claim, which is a string of words (RFC 8693) or a list. Ignore other words,
        which are scopes of other services."""
        if not self._scope_claim:
            return "write"
        claim = claims.get(self._scope_claim)
        said = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
        return next((scope for scope in reversed(SCOPES) if scope in said), None)
