"""What changes something in CVAT: jobs, tasks, pictures, annotations, issues."""

from cvat.writing.annotations import AnnotationWriter
from cvat.writing.issues import IssueWriter
from cvat.writing.jobs import JobWriter
from cvat.writing.tasks import TaskWriter
from cvat.writing.uploading import ZIP_NAME, FileOnDisk, LengthChanged
from cvat.writing.values import NewProject, NewTask, OrderedPicture, RequestState, TaskData

__all__ = [
    "ZIP_NAME",
    "AnnotationWriter",
    "FileOnDisk",
    "IssueWriter",
    "JobWriter",
    "LengthChanged",
    "NewProject",
    "NewTask",
    "OrderedPicture",
    "RequestState",
    "TaskData",
    "TaskWriter",
]
