"""The proposals of one session: the program's own, then those of external segmenters."""

from mri.problems import Problem, RefusedError
from pipeline.steps import SessionTask, propose


def propose_with_plugins(task: SessionTask) -> tuple[Problem, ...]:
    """Propose as author ``auto``, then run the plug-ins of the configuration, each an author of its own."""
    own = propose(task)
    plugins = task.config.segmentation.plugin
    if not plugins:
        return own
    from pipeline.plugins import run_plugins

    try:
        study = task.folder.load(task.study)
    except RefusedError as refused:
        return (*own, *refused.problems)
    return (*own, *run_plugins(task.folder, study, plugins, redo=task.redo))
