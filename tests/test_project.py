"""The project's own files agree with each other."""

import re
import tomllib

import yaml


def test_environment_yml_names_the_packages_of_pyproject(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = set(project["dependencies"]) | set(project["optional-dependencies"]["test"])
    conda = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert set(conda) - {"pip"} == wanted | {f"python{project['requires-python']}"}


def test_every_dependency_is_pinned(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["test"] + extras["cluster"] + extras["oracle"]
    pins = re.findall(r"^([\w.-]+)==", (root / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    names = {pin.lower().replace("_", "-") for pin in pins}
    assert {re.split(r"[<>=]", line)[0].lower() for line in wanted} <= names


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
