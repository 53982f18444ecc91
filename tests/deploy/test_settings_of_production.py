"""The settings of a site in production: complete, and enough to start with."""

import re
import subprocess
import sys

import pytest

from tests.deploy.production import EXAMPLE, production, variables_in_readme
from tests.servers import BASE_DIR

FOR_TESTS = {"TEST_DATABASE_URL"}
README = variables_in_readme()


def test_example_names_every_variable_and_no_other():
    named = re.findall(r"^(?:# )?([A-Z0-9_]+)=", EXAMPLE, re.M)
    assert len(named) > 20
    assert sorted(named) == sorted(set(README) - FOR_TESTS)


def test_what_is_left_out_of_the_example_is_the_default():
    left_out = dict(re.findall(r"^# ([A-Z0-9_]+)=(.*)$", EXAMPLE, re.M))
    plain = [name for name in left_out if re.fullmatch(r"`[\w ]+`", README[name])]
    assert len(plain) > 8
    for name in plain:
        assert f"`{left_out[name]}`" == README[name]


def run(environment, *command):
    return subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_example_is_enough_to_start_with_once_it_has_a_secret(tmp_path):
    check = ("manage.py", "check", "--deploy", "--fail-level=WARNING")
    without = production(tmp_path, SECRET_KEY="")
    assert "SECRET_KEY is missing" in run(without, *check).stderr
    result = run(production(tmp_path), *check)
    assert result.returncode == 0, result.stderr
    assert "no issues (0 silenced)" in result.stdout


@pytest.mark.slow
def test_gunicorn_takes_its_configuration(tmp_path):
    check = ("-m", "gunicorn", "--check-config", "stockton_cms.wsgi", "--config")
    assert run(production(tmp_path), *check, "deploy/gunicorn.conf.py").returncode == 0
    wrong = tmp_path / "wrong.py"
    text = (BASE_DIR / "deploy/gunicorn.conf.py").read_text()
    wrong.write_text(text.replace("threads = 4", "threads = 'four'"))
    assert "four" in run(production(tmp_path), *check, str(wrong)).stderr
