"""API keys in the table: an item under each key's SHA-256, which requests read, and a row in its tenant's list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from agent_schedules.domain.api_keys import ApiKey, Grant, Scope
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.storage import keys
from agent_schedules.storage.attributes import item_at, moment, moment_or_none
from agent_schedules.storage.migrations import newest
from agent_schedules.storage.table import Delete, Item, Put, Table
from agent_schedules.timestamps import floor_seconds, text_of

REMEMBERED = timedelta(days=400)  # for which an ended key stays listed, and the last use is kept
_PAGE = 100


class KeyStore:
    """Each method makes one call to the table, `all` about one for each hundred keys."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, digest: str) -> Grant | None:
        """Return the rights of the key with that SHA-256, also if it has expired."""
        (item,) = self._table.get([keys.api_key_item_key(digest)])
        if item is None:
            return None
        return Grant(
            tenant=str(item["tenant"]),
            scope=cast(Scope, item["scope"]),
            key_id=cast("str | None", item.get("id")),
            expires_at=moment_or_none(item, "expires_at"),
        )

    def create(self, key: ApiKey) -> None:
        """Write a new key."""
        item = item_at(
            keys.api_key_item_key(key.digest),
            v=newest("K"),
            tenant=key.tenant,
            scope=key.scope,
            id=key.id,
            expires_at=key.expires_at,
            ttl=None if key.expires_at is None else floor_seconds(key.expires_at),
        )
        self._table.write(Put(item, "absent"), Put(_row(key), "absent"))

    def get(self, tenant: str, key_id: str) -> ApiKey | None:
        """Return one of a tenant's keys."""
        row, used = self._table.get([keys.tenant_api_key_key(tenant, key_id), keys.key_use_key(tenant, key_id)])
        return _key_of(tenant, row, used) if row else None

    def all(self, tenant: str) -> list[ApiKey]:
        """Return the tenant's keys in the order of creation, including revoked and expired ones."""
        rows: list[Item] = []
        more = True
        while more:
            start_after = str(rows[-1]["sk"]) if rows else None
            page = self._table.query(
                keys.key_rows(tenant), "key_", limit=_PAGE, newest_first=False, start_after=start_after
            )
            rows += page.items
            more = page.more
        used = {str(row["sk"]): row for row in rows if "used_at" in row}
        return [_key_of(tenant, row, used.get(str(row["sk"]) + "#u")) for row in rows if "digest" in row]

    def page(self, tenant: str, paging: Paging) -> Slice[ApiKey]:
        """Return a page of the tenant's keys, including revoked and expired ones, with one call."""
        # Two items a key. One more may belong to the key before the page, and one shows that there are more keys.
        page = self._table.query(
            keys.key_rows(tenant),
            "key_",
            limit=2 * paging.limit + 2,
            newest_first=paging.newest_first,
            start_after=paging.after,
        )
        ids = [str(row["sk"]).removesuffix("#u") for row in page.items]
        used = {str(row["sk"]): row for row in page.items if "used_at" in row}
        found = [_key_of(tenant, row, used.get(str(row["sk"]) + "#u")) for row in page.items if "digest" in row]
        if len(found) > paging.limit or not page.more:
            return Slice(found[: paging.limit], more=len(found) > paging.limit)
        # DynamoDB has removed keys, and not yet their uses. The last key may have another item behind the page.
        *_, last = (key_id for key_id in ids if key_id != ids[-1])
        return Slice([key for key in found if key.id != ids[-1]], more=True, last=last)

    def revoke(self, key: ApiKey, now: datetime) -> None:
        """Delete the item that requests read, and write the time of revocation to the row."""
        row = _row(key) | {"revoked_at": text_of(now), "ttl": floor_seconds(now + REMEMBERED)}
        self._table.write(Delete(keys.api_key_item_key(key.digest)), Put(row, {"digest": key.digest}))

    def note_use(self, tenant: str, key_id: str, hour: datetime) -> None:
        """Record that the key was used in that hour. A separate item, so that this write cannot undo a revocation."""
        item = item_at(keys.key_use_key(tenant, key_id), used_at=hour, ttl=floor_seconds(hour + REMEMBERED))
        self._table.write(Put(item, "anything"))


def _row(key: ApiKey) -> Item:
    return item_at(
        keys.tenant_api_key_key(key.tenant, key.id),
        scope=key.scope,
        digest=key.digest,
        created_at=key.created_at,
        name=key.name,
        expires_at=key.expires_at,
        ttl=None if key.expires_at is None else floor_seconds(key.expires_at + REMEMBERED),
    )


def _key_of(tenant: str, row: Item, used: Item | None) -> ApiKey:
    fields: dict[str, Any] = dict(row)
    return ApiKey(
        id=fields["sk"],
        tenant=tenant,
        scope=fields["scope"],
        digest=fields["digest"],
        created_at=moment(row, "created_at"),
        name=fields.get("name"),
        expires_at=moment_or_none(row, "expires_at"),
        revoked_at=moment_or_none(row, "revoked_at"),
        last_used_at=moment(used, "used_at") if used else None,
    )
