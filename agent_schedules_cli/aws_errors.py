"""AWS's errors as one sentence that says what to do. Does not import botocore."""

from __future__ import annotations

import os
import sys
from typing import Any

NO_REGION = "No AWS region is set: set AWS_REGION, for example AWS_REGION=eu-central-1"
NO_CREDENTIALS = "No AWS credentials were found: run `aws configure` or `aws sso login`, or set AWS_PROFILE"
PERMISSIONS = "docs/reference/permissions.md lists the permissions that each command needs"
_SIGN_IN = "sign in again, for example with `aws sso login`"

_NOT_SET_UP = {
    "NoRegionError": NO_REGION,
    "InvalidRegionError": "{error}: AWS_REGION must be a region such as eu-central-1",
    "NoCredentialsError": NO_CREDENTIALS,
    "PartialCredentialsError": "{error}: set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "ProfileNotFound": "{error}: AWS_PROFILE must name a profile of ~/.aws/config",
    "ConfigParseError": "{error}: correct that file",
    "SSOTokenLoadError": "{error}: " + _SIGN_IN,
    "UnauthorizedSSOTokenError": "{error}: " + _SIGN_IN,
    "TokenRetrievalError": "{error}: " + _SIGN_IN,
    "CredentialRetrievalError": "{error}: " + _SIGN_IN,
    "ParamValidationError": "{error}",
}
"""Errors of the set-up, by the name of botocore's exception: repeating the command changes nothing."""
_REFUSED = {
    "ExpiredToken": "The AWS credentials have expired: " + _SIGN_IN,
    "ExpiredTokenException": "The AWS credentials have expired: " + _SIGN_IN,
    "RequestExpired": "The AWS credentials have expired, or this machine's clock is wrong: " + _SIGN_IN,
    "InvalidClientTokenId": "AWS does not know these credentials: check AWS_PROFILE, or " + _SIGN_IN,
    "UnrecognizedClientException": "AWS does not know these credentials: check AWS_PROFILE, or " + _SIGN_IN,
    "InvalidSignatureException": "AWS does not accept these credentials: check AWS_SECRET_ACCESS_KEY and AWS_PROFILE",
    "SignatureDoesNotMatch": "AWS does not accept these credentials: check AWS_SECRET_ACCESS_KEY and AWS_PROFILE",
    "AccessDenied": "{error}: " + PERMISSIONS,
    "AccessDeniedException": "{error}: " + PERMISSIONS,
    "UnauthorizedOperation": "{error}: " + PERMISSIONS,
    "ResourceNotFoundException": "{error}: check the name, AWS_REGION and AWS_PROFILE{where}",
}
"""AWS's refusals, by its error code."""


def region() -> str | None:
    """Return the region of the environment. botocore reads only AWS_DEFAULT_REGION, AWS's other SDKs AWS_REGION."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None


def aws_errors() -> tuple[type[Exception], ...]:
    """Return botocore's exceptions, to be caught; none while botocore is not imported."""
    module: Any = sys.modules.get("botocore.exceptions")
    return (module.BotoCoreError, module.ClientError) if module is not None else ()


def aws_message(error: Any) -> str:
    """Return the operation, code and message of a ClientError."""
    details = error.response["Error"]
    return f"{error.operation_name}: {details['Code']}: {details['Message']}"


def advice(error: BaseException) -> tuple[str, bool]:
    """Return what to do about an error of AWS, and whether it may go away by itself."""
    response = getattr(error, "response", None)
    where = f"; the region is {region()}" if region() else ""
    if isinstance(response, dict):
        details = response.get("Error", {})
        code = str(details.get("Code", ""))
        message = f"{getattr(error, 'operation_name', 'AWS')}: {code}: {str(details.get('Message', '')).rstrip('.')}"
        known = _REFUSED.get(code)
        return (known or "{error}").format(error=message, where=where), known is None
    for kind in (base.__name__ for base in type(error).__mro__):
        if kind in _NOT_SET_UP:
            return _NOT_SET_UP[kind].format(error=str(error).rstrip(".")), False
    return f"{str(error).rstrip('.')}: check the network and the region{where}", True
