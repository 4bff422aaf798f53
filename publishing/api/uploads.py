"""Uploads of files in the API: begin, add pieces, look, remove."""

from __future__ import annotations

from typing import Any

from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portal.api.fields import MAX_ID, WholeNumberField
from portal.api.filtering import Ordering
from portal.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from portal.api.idempotency import once
from portal.api.parsers import BYTES, BoundedBytesParser, TakesFrames
from portal.api.schema import ErrorSerializer
from portal.api.strict import StrictSerializer, StrictView, takes
from portal.api.views import IDS
from portal.signed_in import SignedInApiRequest
from publishing import services
from publishing.exceptions import WrongOffset
from publishing.models import Upload, UploadQuerySet
from publishing.upload_names import LONGEST_PATH
from publishing.uploaded_pictures import Contents

MOST_NAMED, MOST_LISTED = 100, 1000


class FileToUploadSerializer(StrictSerializer):
    """A file of an upload."""

    path = serializers.CharField(
        max_length=LONGEST_PATH,
        trim_whitespace=False,
        help_text="Relative, with “/” between folders: the name of the picture in CVAT.",
    )
    size = WholeNumberField(min_value=0, max_value=MAX_ID, help_text="In bytes.")
    modified = WholeNumberField(
        required=False,
        min_value=0,
        max_value=MAX_ID,
        help_text="When the file was changed last, as any number: by it, one that was changed is "
        "not taken for what it was.",
    )


class NewUploadSerializer(StrictSerializer):
    """The files to upload: one ZIP, or those of a folder."""

    name = serializers.CharField(
        max_length=200, help_text="By which people know it, such as that of the folder."
    )
    files = FileToUploadSerializer(
        many=True,
        help_text="In the order in which their bytes will be sent.",
    )


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """Files that the portal has, or gets."""

    class Meta:
        model = Upload
        fields = ["id", "name", "files_count", "size", "received", "created_at", "expires_at"]
        read_only_fields = fields
        extra_kwargs = {
            "files_count": {"help_text": "1 for a ZIP."},
            "size": {"help_text": "Bytes of all files together."},
            "received": {
                "help_text": "How many bytes are here: the `offset` of the next piece. As many as "
                "`size`: the upload is whole."
            },
            "expires_at": {
                "help_text": "When the portal removes it, unless something is made of it by then. "
                "Later with each piece."
            },
        }


class OffsetSerializer(StrictSerializer):
    offset = WholeNumberField(
        min_value=0, max_value=MAX_ID, help_text="How many bytes were sent before."
    )


class WrongOffsetSerializer(serializers.Serializer[Any]):
    """The piece does not follow what is here."""

    detail = serializers.CharField(help_text="What is wrong, fit to be shown.")
    code = serializers.CharField(help_text="`wrong_offset`, or another word without `received`.")
    received = serializers.IntegerField(
        required=False, help_text="How many bytes are here: go on with this `offset`."
    )


class LeftOutFileSerializer(serializers.Serializer[Any]):
    """A file that is no picture for CVAT."""

    path = serializers.CharField(help_text="Its name, with folders.")
    reason = serializers.CharField(help_text="The end of a sentence that begins with the name.")


class ContentsSerializer(serializers.Serializer[Any]):
    """What a task gets of an upload, and what not."""

    pictures_count = serializers.IntegerField(help_text="How many pictures there are.")
    size = serializers.IntegerField(help_text="Bytes of all pictures, or of the video, unpacked.")
    video = serializers.CharField(
        help_text="The video that the task is made of, if it is the only one and there are no "
        "pictures; else empty."
    )
    first_pictures = serializers.ListField(
        child=serializers.CharField(),
        help_text="Names of the first 100 pictures, in the order of the frames of the task.",
    )
    left_out_count = serializers.IntegerField(help_text="How many files are no pictures for CVAT.")
    left_out = LeftOutFileSerializer(many=True, help_text="The first 1,000 of these, and why.")
    alike = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="The first 1,000 pairs of pictures whose names differ only in upper and lower "
        "case or in the extension: most formats of annotations do not tell such apart.",
    )
    cut_off = serializers.ListField(
        child=serializers.CharField(),
        help_text="Names of the first 1,000 JPEGs that have no end, so that they may be cut off. "
        "CVAT takes them all the same. Of JPEGs in a ZIP, the first 256 MB are looked at.",
    )


def contents_answer(contents: Contents) -> dict[str, Any]:
    pictures = contents.pictures
    return {
        "pictures_count": len(pictures),
        "size": contents.size,
        "first_pictures": [picture.path for picture in pictures[:MOST_NAMED]],
        "left_out_count": len(contents.left_out),
        "left_out": [each._asdict() for each in contents.left_out[:MOST_LISTED]],
        "video": "" if contents.video is None else contents.video.path,
        "alike": [list(pair) for pair in contents.alike[:MOST_LISTED]],
        "cut_off": list(contents.cut_off[:MOST_LISTED]),
    }


class UploadViewSet(
    TakesFrames,
    StrictView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Upload],
):
    takes_frames = frozenset({"create"})
    largest_body = services.LARGEST_PIECE
    serializer_class = UploadSerializer
    queryset = Upload.objects.none()
    lookup_value_regex = IDS
    filter_backends = [Ordering]
    ordering_fields = ["created_at"]

    def get_queryset(self) -> UploadQuerySet:
        return Upload.objects.for_user(self.request.user).for_list()

    @takes(
        body=NewUploadSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: UploadSerializer, 201: UploadSerializer},
    )
    def create(self, request: SignedInApiRequest) -> Response:
        """Begin an upload. Then send the bytes of the files, one file after the other in the order
        of the list, in pieces to `/api/uploads/{id}/data`. The same list again is answered with
        200 and the upload that was begun: go on after its `received` bytes."""
        form = NewUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)

        def create() -> Response:
            upload, is_new = services.begin_upload(user=request.user, **form.validated_data)
            code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
            return Response(UploadSerializer(upload).data, status=code)

        return once(request, create)

    @takes(
        query=OffsetSerializer,
        body=BYTES,
        responses={200: UploadSerializer, 409: WrongOffsetSerializer},
    )
    @action(
        detail=True,
        methods=["patch"],
        parser_classes=[BoundedBytesParser],
        pagination_class=None,
        filter_backends=[],
    )
    def data(self, request: SignedInApiRequest, pk: str) -> Response:
        """Add a piece: at most 8 MiB, as the body of the request. 409 with the code `wrong_offset`
        and `received` when it does not follow the bytes that are here, for example because an
        earlier request had arrived although its answer was lost: go on with what follows these."""
        upload = self.get_object()
        body: Any = request.data
        piece = body if isinstance(body, bytes) else b""
        try:
            upload = services.append_piece(upload=upload, piece=piece, **self.query)
        except WrongOffset as error:
            answer = {"detail": str(error), "code": error.code, "received": error.received}
            return Response(answer, status=error.status)
        return Response(self.get_serializer(upload).data)

    @takes(responses={200: ContentsSerializer, 409: ErrorSerializer})
    @action(detail=True, pagination_class=None, filter_backends=[])
    def contents(self, request: SignedInApiRequest, pk: str) -> Response:
        """Which of the files are pictures that CVAT takes, in the order of the frames of a task,
        and why the others are not. 409 until the upload is whole."""
        contents = services.find_contents(upload=self.get_object())
        return Response(ContentsSerializer(contents_answer(contents)).data)

    def perform_destroy(self, instance: Upload) -> None:
        services.remove_upload(upload=instance)
