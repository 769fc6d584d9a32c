"""The project's own files agree with each other."""

import re
import tomllib

import nbformat
import pytest
import yaml
from store_outputs import WIDGET, is_bar


def test_environment_yml_names_the_packages_of_pyproject(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = set(project["dependencies"]) | set(project["optional-dependencies"]["test"])
    conda = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = {name for entry in conda for name in (entry["pip"] if isinstance(entry, dict) else [entry])}
    assert conda - {"pip"} == required | {f"python{project['requires-python']}"}


def test_every_dependency_is_pinned(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    requirements = project["dependencies"] + extras["test"] + extras["cluster"] + extras["postgres"] + extras["oracle"]
    pins = re.findall(r"^([\w.-]+)==", (root / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    names = {pin.lower().replace("_", "-") for pin in pins}
    assert {re.split(r"[\[<>=]", line)[0].lower() for line in requirements} <= names


def test_constraints_name_versions_and_no_addresses(root):
    text = (root / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "@" not in text


def test_version_is_the_same_in_package_and_pyproject(root):
    import chainrule

    assert (
        tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        == chainrule.__version__
    )


def test_the_workflow_tests_the_pythons_of_pyproject(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    workflow = yaml.safe_load((root / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["test"]
    pythons = job["strategy"]["matrix"]["python"]
    assert [f"Programming Language :: Python :: {version}" for version in pythons] == project["classifiers"]
    assert project["requires-python"] == f">={pythons[0]}"
    assert job["steps"][-1]["run"] == "make test"


def test_stored_outputs_hold_no_warnings_and_no_progress_bars(root):
    for path in sorted(root.glob("source/*/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        assert not set(notebook.metadata) & {"language_info", "widgets"}, path
        for cell in notebook.cells:
            for output in cell.get("outputs", ()):
                assert output.get("name") != "stderr", (path, cell.id, output.text)
                assert output.output_type != "error", (path, cell.id)
                assert WIDGET not in output.get("data", {}), (path, cell.id)


@pytest.mark.parametrize(
    ("output", "bar"),
    [
        (("stream", {"name": "stderr", "text": "  0%|   | 0/15\r100%|███| 15/15 [00:08<00:00,  1.73net/s]\n"}), True),
        (("stream", {"name": "stderr", "text": "            \r"}), True),
        (("stream", {"name": "stderr", "text": "100%|███| 15/15\nRuntimeWarning: overflow\n"}), False),
        (("stream", {"name": "stdout", "text": "100%|███| 15/15\n"}), False),
        (("display_data", {"data": {WIDGET: {}, "text/plain": "  0%|  | 0/9"}}), True),
        (("display_data", {"data": {"image/png": ""}}), False),
    ],
)
def test_a_warning_beside_a_progress_bar_is_stored(output, bar):
    assert is_bar(nbformat.v4.new_output(output[0], **output[1])) is bar


def test_the_configuration_of_an_older_course_finds_the_plugin():
    from autograder import nbgrader_plugin, plugin

    assert plugin.configure is nbgrader_plugin.configure
