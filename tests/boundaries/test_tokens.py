"""Tokens and their issuer's keys, whatever they say: a grant, none, or `Unavailable`."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import httpx
import jwt
from agent_schedules.adapters.issuer_keys import ALGORITHMS, IssuerKeys
from agent_schedules.adapters.jwt import TokenVerifier
from agent_schedules.domain.api_keys import Grant
from agent_schedules.errors import Unavailable
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.boundaries.hostile import damaged, hostile, mutants, odd, texts, values, wire
from tests.support.upstream import Pool

ISSUER, AUDIENCE = "https://id.example.com/", "agent-schedules"
RSA, EC = rsa.generate_private_key(public_exponent=65537, key_size=2048), ec.generate_private_key(ec.SECP256R1())
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)
KEYS: dict[str, Any] = {
    "keys": [
        RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "rsa", "use": "sig"},
        ECAlgorithm.to_jwk(EC.public_key(), as_dict=True) | {"kid": "ec", "use": "sig"},
    ]
}
CLAIMS = {
    "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 600, "iat": int(time.time()) - 60, "nbf": 1,
    "tenant": "acme", "scope": "openid write", "sub": "somebody", "jti": "1",
}  # fmt: skip


def verifier(answer: bytes) -> TokenVerifier:
    """Of an issuer that shows its keys in that way."""
    keys = IssuerKeys("https://id.example.com/keys", pool=Pool(lambda _: httpx.Response(200, content=answer)))
    return TokenVerifier(keys, issuer=ISSUER, audience=AUDIENCE, tenant_claim="tenant", scope_claim="scope")


def signed(claims: bytes, header: dict[str, Any], *, with_ec: bool = False) -> str:
    """A token with a good signature, whatever it says."""
    key: Any = EC if with_ec else RSA
    algorithm = "ES256" if with_ec else "RS256"
    parts = [json.dumps({"typ": "JWT", "alg": algorithm, "kid": "ec" if with_ec else "rsa", **header}).encode(), claims]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return b".".join(
        [text, base64.urlsafe_b64encode(jwt.get_algorithm_by_name(algorithm).sign(text, key)).rstrip(b"=")]
    ).decode()


GOOD = verifier(wire(KEYS))


@hostile(mutants(CLAIMS, most=3) | values, st.booleans(), examples=300)
def test_claims_of_any_kind_are_a_grant_or_none(claims: Any, with_ec: bool) -> None:
    grant = GOOD(signed(wire(claims), {}, with_ec=with_ec))
    assert grant is None or isinstance(grant, Grant)


@hostile(
    st.dictionaries(st.sampled_from(["kid", "alg", "typ", "crit", "b64", "jwk", "jku", "x5u", "cty"]), odd),
    examples=150,
)
def test_a_header_of_any_kind_is_a_grant_or_none(header: dict[str, Any]) -> None:
    GOOD(signed(wire(CLAIMS), header))


@hostile(
    damaged(signed(wire(CLAIMS), {}).encode()) | texts.map(lambda text: text.encode("utf-8", "replace")), examples=300
)
def test_a_damaged_token_is_none(token: bytes) -> None:
    found = GOOD(token.decode("latin-1"))
    assert found is None or found == Grant("acme", "write")


@hostile(mutants(KEYS, most=3) | values, examples=400)
def test_keys_of_any_kind_are_passed_over(document: Any) -> None:
    verify = verifier(wire(document))
    for token in (signed(wire(CLAIMS), {}), signed(wire(CLAIMS), {}, with_ec=True)):
        try:
            assert verify(token) in {None, Grant("acme", "write")}
        except Unavailable:
            continue


def test_a_short_key_of_the_issuer_is_refused() -> None:
    short = RSAAlgorithm.to_jwk(SHORT.public_key(), as_dict=True) | {"kid": "rsa", "use": "sig"}
    text, signature = signed(wire(CLAIMS), {}).rpartition(".")[0], jwt.get_algorithm_by_name("RS256").sign
    token = text + "." + base64.urlsafe_b64encode(signature(text.encode(), SHORT)).rstrip(b"=").decode()
    assert verifier(wire({"keys": [short]}))(token) is None


@hostile(mutants(KEYS["keys"][0], KEYS["keys"][1], most=3) | values, examples=200)
def test_one_bad_key_costs_no_other(bad: Any) -> None:
    bad = bad | {"kid": "bad"} if isinstance(bad, dict) else bad
    verify = verifier(wire({"keys": [bad, *KEYS["keys"], bad]}))
    assert verify(signed(wire(CLAIMS), {})) == verify(signed(wire(CLAIMS), {}, with_ec=True)) == Grant("acme", "write")


@hostile(damaged(wire(KEYS)), examples=200)
def test_a_damaged_set_of_keys_is_unavailable_or_read(content: bytes) -> None:
    keys = IssuerKeys("https://id.example.com/keys", pool=Pool(lambda _: httpx.Response(200, content=content)))
    try:
        for name in ("rsa", "ec"):
            found = keys.find(name)
            assert found is None or found.algorithm_name in ALGORITHMS
    except Unavailable:
        return
