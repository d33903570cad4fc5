"""JSON Web Tokens of one issuer: whose they are, what they allow, where their keys come from, and what is refused."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
import jwt
import pytest
from agent_schedules.adapters.issuer_keys import KEPT, OUTLIVED, PAUSE, IssuerKeys
from agent_schedules.adapters.jwt import TokenVerifier
from agent_schedules.domain.api_keys import Grant
from agent_schedules.errors import Unavailable
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.examples import examples
from tests.support.upstream import Pool

ISSUER, AUDIENCE, URL = "https://id.example.com/", "agent-schedules", "https://id.example.com/.well-known/jwks.json"


@cache
def private(name: str) -> Any:
    """A key pair; making one takes a while."""
    if name.startswith("ec"):
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(name: str, **changes: Any) -> dict[str, Any]:
    """The public half as the issuer shows it."""
    algorithm: Any = ECAlgorithm if name.startswith("ec") else RSAAlgorithm
    found: dict[str, Any] = algorithm.to_jwk(private(name).public_key(), as_dict=True)
    return found | {"kid": name, "use": "sig"} | changes


class Issuer:
    """Signs tokens, and answers for its keys."""

    def __init__(self) -> None:
        self.keys = [public("rsa"), public("ec")]
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json={"keys": self.keys})
        self.asked: list[str] = []
        self.real = 0.0
        self.source = IssuerKeys(URL, pool=Pool(self._answered), monotonic=lambda: self.real)
        self.verify = self.verifier()

    def verifier(self, scope_claim: str = "scope") -> TokenVerifier:
        """One of a deployment's."""
        return TokenVerifier(
            self.source, issuer=ISSUER, audience=AUDIENCE, tenant_claim="tenant", scope_claim=scope_claim
        )

    def _answered(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return self.answer()


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token, changed; None leaves one out."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 600, "tenant": "acme", "scope": "openid write"}
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(body: dict[str, Any], name: str = "rsa", algorithm: str | None = None, **header: Any) -> str:
    """A token."""
    algorithm = algorithm or ("ES256" if name.startswith("ec") else "RS256")
    # Not jwt.encode, which would refuse odd claims before we could.
    return jwt.PyJWS().encode(json.dumps(body).encode(), private(name), algorithm, headers={"kid": name} | header)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.mark.parametrize("name", ["rsa", "ec"])
def test_a_token_of_the_issuer_stands_for_its_tenant(issuer: Issuer, name: str) -> None:
    for _ in range(3):
        assert issuer.verify(signed(claims(), name)) == Grant("acme", "write")
    assert issuer.asked == [URL]


@pytest.mark.parametrize(
    ("claim", "scope"),
    [
        ("read", "read"), ("admin read", "admin"), (["read", "write"], "write"), ("email", None), (None, None),
        ([], None), (7, None), ("", None), ("administrator", None), ([["admin"]], None),
    ],
)  # fmt: skip
def test_a_token_has_the_highest_scope_of_its_claim(issuer: Issuer, claim: Any, scope: Any) -> None:
    assert issuer.verify(signed(claims(scope=claim))) == Grant("acme", scope)
    assert issuer.verifier("")(signed(claims(scope=claim))) == Grant("acme", "write")


STALE = int(time.time()) - 3600
REFUSED: dict[str, dict[str, Any]] = {
    "expired": {"exp": STALE},
    "without an end": {"exp": None},
    "not begun": {"nbf": STALE + 7200},
    "another issuer's": {"iss": "https://id.example.com"},
    "without an issuer": {"iss": None},
    "for another audience": {"aud": "others"},
    "for no audience": {"aud": None},
    "of no tenant": {"tenant": None},
    "of a tenant that is no text": {"tenant": ["acme"]},
    "of a tenant that leads elsewhere": {"tenant": "acme#agt_1"},
    "of a tenant's user": {"tenant": "acme:0"},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_a_token_that_does_not_hold_stands_for_nobody(issuer: Issuer, changes: dict[str, Any]) -> None:
    assert issuer.verify(signed(claims(**changes))) is None


def coded(value: bytes) -> str:
    """Bytes in a token."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def part(value: Any) -> str:
    """JSON in a token."""
    return coded(json.dumps(value).encode())


def forged(issuer: Issuer) -> dict[str, str]:
    """Tokens that only look like the issuer's."""
    good = signed(claims())
    head, body, signature = good.split(".")
    confused = part({"alg": "HS256", "kid": "rsa"}) + "." + body
    mac = hmac.digest(json.dumps(public("rsa")).encode(), confused.encode(), "sha256")
    return {
        "signed by another": signed(claims(), "rsa-2", kid="rsa"),
        "changed": f"{head}.{body[:-2]}AA.{signature}",
        "unsigned": f"{part({'alg': 'none', 'kid': 'rsa'})}.{body}.",
        "signed with the public key as a secret": f"{confused}.{coded(mac)}",
        "by an algorithm that was not chosen": signed(claims(), algorithm="RS512"),
        "by another kind of key": signed(claims(), "ec", kid="rsa"),
        "with keys of its own": signed(claims(), "rsa-2", jwk=public("rsa-2")),
        "with an address of keys": signed(claims(), "rsa-2", jku="https://evil.example.com/jwks.json"),
        "with an address of certificates": signed(claims(), "rsa-2", kid="rsa", x5u="https://evil.example.com/"),
        "without a key's name": jwt.encode(claims(), private("rsa"), "RS256"),
        "with a critical header": signed(claims(), crit=["exp"]),
        "half": f"{head}.{body}",
        "nested without end": f"{coded(b'[' * 6000)}.e30.AA",
    }


def test_a_forged_token_stands_for_nobody_and_leads_nowhere(issuer: Issuer) -> None:
    for name, token in forged(issuer).items():
        issuer.real += PAUSE
        assert issuer.verify(token) is None, name
    assert set(issuer.asked) == {URL}


def test_unknown_key_ids_do_not_reload_the_keys_each_time(issuer: Issuer) -> None:
    for n in range(50):
        assert issuer.verify(signed(claims(), "rsa-2", kid=f"k{n}")) is None
    assert len(issuer.asked) == 1


def test_a_new_key_of_the_issuer_is_found_within_half_a_minute(issuer: Issuer) -> None:
    assert issuer.verify(signed(claims(), "rsa-2")) is None
    issuer.keys = [public("rsa-2")]
    assert issuer.verify(signed(claims(), "rsa-2")) is None
    issuer.real = PAUSE
    assert issuer.verify(signed(claims(), "rsa-2")) == Grant("acme", "write")
    assert issuer.verify(signed(claims())) is None  # and the former is gone


def test_a_withdrawn_key_is_accepted_for_minutes_at_most(issuer: Issuer) -> None:
    issuer.verify(signed(claims()))
    issuer.keys = []
    issuer.real = KEPT
    assert issuer.verify(signed(claims())) is None


BAD_ANSWERS: dict[str, httpx.Response] = {
    "down": httpx.Response(503),
    "elsewhere": httpx.Response(302, headers={"Location": "https://evil.example.com/"}),
    "no JSON": httpx.Response(200, text="<html>"),
    "no keys": httpx.Response(200, json=[]),
    "endless": httpx.Response(200, content=b" " * 300_000),
    "nested": httpx.Response(200, content=b"[" * 200_000),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_an_issuer_that_cannot_be_read_is_outlived_for_an_hour(issuer: Issuer, answer: httpx.Response) -> None:
    token = signed(claims())
    good, issuer.answer = issuer.answer, lambda: httpx.Response(answer.status_code, content=answer.content)
    for _ in range(3):
        with pytest.raises(Unavailable):
            issuer.verify(token)
    assert len(issuer.asked) == 1
    issuer.answer, issuer.real = good, PAUSE
    assert issuer.verify(token) == Grant("acme", "write")
    issuer.answer, issuer.real = lambda: answer, PAUSE + OUTLIVED - 1
    assert issuer.verify(token) == Grant("acme", "write")
    issuer.real += 1
    with pytest.raises(Unavailable):
        issuer.verify(token)
    assert set(issuer.asked) == {URL}


def test_keys_that_are_not_for_our_signatures_are_passed_over(issuer: Issuer) -> None:
    issuer.keys = [
        public("rsa", use="enc"),
        public("rsa-2", alg="RS512"),
        {"kty": "oct", "kid": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "broken"},
        {"kty": "what", "kid": "new"},
        {"kid": "bare"},
        {},
        public("ec"),
    ]
    assert issuer.verify(signed(claims(), "ec")) == Grant("acme", "write")
    for token in (signed(claims()), signed(claims(), "rsa-2", algorithm="RS512")):
        assert issuer.verify(token) is None
    secret = jwt.encode(claims(), b"secret".ljust(32), "HS256", headers={"kid": "oct"})
    assert issuer.verify(secret) is None


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "cty", "zip"]), JSON) | JSON
PLAUSIBLE = st.builds(
    lambda rest, alg, kid: {"alg": alg, "kid": kid} | rest,
    st.dictionaries(st.sampled_from(["crit", "b64", "typ"]), JSON),
    st.sampled_from(["RS256", "ES256", "none", "HS256"]),
    st.sampled_from(["rsa", "ec", "no"]),
)


@given(st.dictionaries(st.sampled_from(["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "tenant", "scope"]), JSON))
def test_whatever_the_issuer_signs_is_read_or_refused(odd: dict[str, Any]) -> None:
    grant = Issuer().verify(signed(claims() | odd, "ec"))
    assert grant is None or isinstance(grant, Grant)


@examples(300)
@given(HEADERS | PLAUSIBLE, JSON, st.text(alphabet="AB-_=.+ é", max_size=100))
def test_whatever_is_sent_is_read_or_refused(header: Any, body: Any, signature: str) -> None:
    assert Issuer().verify(f"{part(header)}.{part(body)}.{signature}") is None


@pytest.mark.slow
def test_tokens_load_nothing_before_the_first_one() -> None:
    code = """
import sys
from agent_schedules import bootstrap
from agent_schedules.settings import Settings
names = ("table_name", "schedule_group", "scheduler_role_arn", "runner_arn", "scheduler_dlq_arn", "queue_url",
         "cursor_secret_id")
given = {name: "xxx" for name in names} | {"gateway_url": "https://x"}
assert bootstrap._verifier(Settings(**given)) is None
verify = bootstrap._verifier(Settings(**given, jwt_issuer="https://127.0.0.1:9", jwt_audience="a"))
bootstrap.wire(Settings(**given, jwt_issuer="https://127.0.0.1:9", jwt_audience="a"))
assert not {"jwt", "cryptography"} & set(sys.modules)
assert verify("a.b.c") is None
assert {"jwt", "cryptography"} <= set(sys.modules)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
