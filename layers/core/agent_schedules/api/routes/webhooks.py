"""The routes of webhooks and their deliveries. Extensions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from agent_schedules.api.dependencies import (
    ChangeDep,
    CreateDep,
    DeleteDep,
    ListResponse,
    Paged,
    ReadDep,
    errors,
)
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.webhook_responses import (
    DeliveryList,
    DeliveryView,
    WebhookDeleted,
    WebhookList,
    WebhookSecretView,
    WebhookView,
)
from agent_schedules.domain.deliveries import DeliveryStatus
from agent_schedules.domain.webhooks import Webhook
from agent_schedules.ids import id_pattern
from agent_schedules.ports import Ports
from agent_schedules.schemas.webhooks import CreateWebhookBody, UpdateWebhookBody
from agent_schedules.services import deliveries
from agent_schedules.services import webhooks as service

WebhookId = Annotated[str, Path(description="The webhook's id", json_schema_extra={"pattern": id_pattern("whk")})]
DeliveryId = Annotated[str, Path(description="The delivery's id", json_schema_extra={"pattern": id_pattern("dlv")})]


def webhook_routes(ports: Ports) -> APIRouter:
    """Return the routes over these ports."""
    router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"], route_class=LazyRoute)

    def shown(response: Response, webhook: Webhook) -> WebhookView:
        response.headers["ETag"] = webhook.etag
        return WebhookView.of(webhook)

    def shown_with_secret(response: Response, webhook: Webhook) -> WebhookSecretView:
        response.headers["ETag"] = webhook.etag
        return WebhookSecretView.with_secret(webhook, service.secret(ports, webhook))

    @router.get("", operation_id="list_webhooks", responses=errors(409), response_model=WebhookList)
    def list_webhooks(caller: ReadDep, paging: Paged) -> Response:
        """Extension: list webhooks, newest first."""
        listed = ListResponse(ports.cursors, caller, "webhooks", paging)
        return listed.page(service.list_webhooks(ports, caller, listed.paging), WebhookView.of)

    @router.post("", operation_id="create_webhook", status_code=201, responses=errors(409))
    def create_webhook(response: Response, call: CreateDep, body: CreateWebhookBody) -> WebhookSecretView:
        """Extension: send events to a URL. Only this answer and that of a rotation have the secret."""
        return shown_with_secret(response, service.create_webhook(ports, call, body))

    @router.get("/{webhook_id}", operation_id="get_webhook", responses=errors(404, 409))
    def get_webhook(response: Response, caller: ReadDep, webhook_id: WebhookId) -> WebhookView:
        """Extension: return a webhook."""
        return shown(response, service.get_webhook(ports, caller, webhook_id))

    @router.post("/{webhook_id}", operation_id="update_webhook", responses=errors(404, 409, 412))
    def update_webhook(
        response: Response, call: ChangeDep, webhook_id: WebhookId, body: UpdateWebhookBody
    ) -> WebhookView:
        """Extension: change some of a webhook's fields, or enable it again. Deliveries that wait go to the new URL."""
        return shown(response, service.update_webhook(ports, call, webhook_id, body))

    @router.delete("/{webhook_id}", operation_id="delete_webhook", responses=errors(404, 409, 412))
    def delete_webhook(call: DeleteDep, webhook_id: WebhookId) -> WebhookDeleted:
        """Extension: delete a webhook. Deliveries that wait are not sent."""
        service.delete_webhook(ports, call, webhook_id)
        return WebhookDeleted(id=webhook_id)

    @router.post("/{webhook_id}/rotate", operation_id="rotate_webhook_secret", responses=errors(404, 409, 412))
    def rotate(response: Response, call: ChangeDep, webhook_id: WebhookId) -> WebhookSecretView:
        """Extension: give a webhook a new secret. For 24 hours each request is signed with the older ones too."""
        return shown_with_secret(response, service.rotate_webhook(ports, call, webhook_id))

    @router.post("/{webhook_id}/test", operation_id="test_webhook", status_code=202, responses=errors(404, 409, 429))
    def test(call: CreateDep, webhook_id: WebhookId) -> DeliveryView:
        """Extension: send an event of type `webhook.test`, and return its delivery."""
        return DeliveryView.of(deliveries.send_test(ports, call, webhook_id))

    @router.get(
        "/{webhook_id}/deliveries",
        operation_id="list_webhook_deliveries",
        responses=errors(404, 409),
        response_model=DeliveryList,
    )
    def list_deliveries(
        caller: ReadDep,
        webhook_id: WebhookId,
        paging: Paged,
        status: Annotated[DeliveryStatus | None, Query(description="Only deliveries with this status")] = None,
    ) -> Response:
        """Extension: list a webhook's deliveries, newest first. With `status` a page looks at 100 deliveries at most,
        so it may have fewer than `limit`, or none, while `has_more` is true."""
        listed = ListResponse(ports.cursors, caller, f"deliveries {status or ''}", paging, of=webhook_id)
        found = deliveries.list_deliveries(ports, caller, webhook_id, listed.paging, status=status)
        return listed.page(found, DeliveryView.of)

    @router.get(
        "/{webhook_id}/deliveries/{delivery_id}", operation_id="get_webhook_delivery", responses=errors(404, 409)
    )
    def get_delivery(caller: ReadDep, webhook_id: WebhookId, delivery_id: DeliveryId) -> DeliveryView:
        """Extension: return a delivery with its event and its attempts."""
        return DeliveryView.of(deliveries.get_delivery(ports, caller, webhook_id, delivery_id))

    @router.post(
        "/{webhook_id}/deliveries/{delivery_id}/replay",
        operation_id="replay_webhook_delivery",
        status_code=202,
        responses=errors(404, 409, 429),
    )
    def replay(call: CreateDep, webhook_id: WebhookId, delivery_id: DeliveryId) -> DeliveryView:
        """Extension: send the event of a delivery that is over once more, with the same event id, and return the new
        delivery."""
        return DeliveryView.of(deliveries.replay_delivery(ports, call, webhook_id, delivery_id))

    return router
