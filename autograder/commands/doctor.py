"""Try on this machine what students' code must not be able to do."""

import json
from dataclasses import asdict

from autograder.commands.arguments import add_json, course_of

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    add_json(parser)


def run(arguments):
    from autograder.sandbox.bubblewrap import require_sandbox
    from autograder.sandbox.doctor import examine

    course = course_of(arguments)
    require_sandbox()
    findings = []
    for finding in examine(course):
        findings.append(finding)
        if not arguments.json:
            print(f"{'closed' if finding.closed else 'OPEN':<6}  {finding.group}: {finding.what}  ({finding.detail})")
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    return 0 if all(finding.closed for finding in findings) else 1
