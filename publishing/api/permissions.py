"""The permission to write in CVAT through a connection."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from portal.api.strict import StrictSerializer, StrictView, takes
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.models import WritePermission
from selector.models import Connection


class WritePermissionSerializer(serializers.ModelSerializer[WritePermission]):
    """Until when the portal may write in CVAT through a connection."""

    is_usable = serializers.BooleanField(
        read_only=True, help_text="False once it has expired: give it again."
    )

    class Meta:
        model = WritePermission
        fields = ["connection", "given_at", "expires_at", "is_usable"]
        read_only_fields = fields
        extra_kwargs = {
            "connection": {"help_text": "Id of the connection."},
            "expires_at": {"help_text": "When it ends."},
        }


class NewWritePermissionSerializer(StrictSerializer):
    """The access of the CVAT account of the connection. The password is used once, to make an
    access token that may write. Where CVAT has no access tokens, both may be left out."""

    password = serializers.CharField(
        required=False, allow_blank=True, max_length=500, trim_whitespace=False, write_only=True
    )
    access_token = serializers.CharField(
        required=False, allow_blank=True, max_length=500, write_only=True
    )


class NewWritePermissionAnswer(WritePermissionSerializer):
    """`notice`: what the owner should know about the stored access; "" mostly."""

    notice = serializers.CharField()

    class Meta(WritePermissionSerializer.Meta):
        fields = [*WritePermissionSerializer.Meta.fields, "notice"]
        read_only_fields = fields


class WritePermissionView(StrictView, GenericAPIView[WritePermission]):
    serializer_class = WritePermissionSerializer
    queryset = WritePermission.objects.none()

    @takes(responses=WritePermissionSerializer)
    def get(self, request: SignedInApiRequest, connection_id: int) -> Response:
        """Until when the portal may write through a connection of yours. 404 without a
        permission."""
        return Response(self.get_serializer(self._permission(request, connection_id)).data)

    @takes(body=NewWritePermissionSerializer, responses={201: NewWritePermissionAnswer})
    @sensitive_variables()
    def post(self, request: SignedInApiRequest, connection_id: int) -> Response:
        """Let the portal write through a connection of yours for some days, to carry out your
        publications. Replaces an earlier permission."""
        own = Connection.objects.for_user(request.user)
        connection = get_object_or_404(own, pk=connection_id)
        form = NewWritePermissionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = services.give_permission(connection=connection, **form.validated_data)
        answer = self.get_serializer(given.permission).data | {"notice": given.notice}
        return Response(answer, status=status.HTTP_201_CREATED)

    @takes(responses={204: None})
    def delete(self, request: SignedInApiRequest, connection_id: int) -> Response:
        """Withdraw the permission: the portal forgets it at once. An access token that it made
        stays in your CVAT account until it expires, or until you delete it there."""
        services.withdraw_permission(permission=self._permission(request, connection_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _permission(self, request: SignedInApiRequest, connection_id: int) -> WritePermission:
        own = WritePermission.objects.for_user(request.user).select_related("connection")
        return get_object_or_404(own, connection_id=connection_id)
