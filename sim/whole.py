"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """Another name in the same folder to write to; it becomes `file` once all is written and on the disk.

    Nobody ever sees half a file, however the process ends. An older `file` is replaced. Raises OSError.
    """
    part = file.with_name(f".{uuid4().hex}.{file.name}")  # endings tell libraries what to write
    try:
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
