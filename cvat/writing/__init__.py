"""What changes something in CVAT: jobs, tasks, pictures, annotations, issues."""

from cvat.writing.uploading import FileOnDisk, LengthChanged
from cvat.writing.values import NewProject, NewTask, OrderedPicture, RequestState, TaskData
from cvat.writing.writer import CvatWriter

__all__ = [
    "CvatWriter",
    "FileOnDisk",
    "LengthChanged",
    "NewProject",
    "NewTask",
    "OrderedPicture",
    "RequestState",
    "TaskData",
]
