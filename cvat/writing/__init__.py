"""What changes something in CVAT: jobs, tasks, pictures, annotations, issues."""

from cvat.writing.uploading import FileOnDisk
from cvat.writing.values import NewTask, RequestState, TaskData
from cvat.writing.writer import CvatWriter

__all__ = ["CvatWriter", "FileOnDisk", "NewTask", "RequestState", "TaskData"]
