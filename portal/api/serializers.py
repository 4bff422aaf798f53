"""Serializers of API tokens and of pages of lists."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.api.choices import ChoiceField
from portal.api.fields import WholeNumberField
from portal.api.strict import StrictSerializer
from portal.models import ApiToken


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "prefix",
            "read_only",
            "created_at",
            "last_used_at",
            "expires_at",
        ]
        read_only_fields = ["id", "prefix", "created_at", "last_used_at", "expires_at"]


class NewApiTokenSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100)
    read_only = serializers.BooleanField(default=False)  # type: ignore[assignment]
    days = WholeNumberField(
        required=False, allow_null=True, min_value=1, max_value=3650, default=None
    )


class NewApiTokenAnswer(ApiTokenSerializer):
    """A new token with its value, which is in no other answer."""

    value = serializers.CharField(read_only=True)

    class Meta(ApiTokenSerializer.Meta):
        fields = [*ApiTokenSerializer.Meta.fields, "value"]


class PageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class SchemaQuerySerializer(StrictSerializer):
    format = ChoiceField(choices=["json", "yaml"], required=False)
