"""Help and usage errors: in the reader's language, of every command, and refused for a language nobody speaks."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from desk.words.words import Words
from docs.words import helps
from pipelines.cli.help import MISTAKES

REPOSITORY = Path(__file__).parents[3]
CHINESE = re.compile("[\u4e00-\u9fff]")


def told(language: str, *words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RISKCODE_LANG": language, "RISKCODE_HOME": str(home), "COLUMNS": "120"}
    return subprocess.run(
        [REPOSITORY / "riskcode", *words], env=environment, capture_output=True, text=True, check=False
    )


def test_every_command_option_and_argument_has_a_translated_help() -> None:
    words = Words("zh")
    found = {one.message for one in helps() if one.message}
    assert len(found) > 100
    assert [text for text in found if not CHINESE.search(words(text))] == []
    assert not [text for text in found if CHINESE.search(text)]


def test_help_is_told_in_the_language_of_the_reader(tmp_path: Path) -> None:
    chinese = told("zh", "objection", "file", "--help", home=tmp_path).stdout
    assert "用法：riskcode objection file" in chinese
    assert "显示此帮助并退出。" in chinese and "[必填]" in chinese and "选项" in chinese
    english = told("en", "objection", "file", "--help", home=tmp_path).stdout
    assert "Usage: riskcode objection file" in english and not CHINESE.search(english)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("nope",), "没有命令 'nope'。"),
        (("explain",), "缺少参数“enterprise_id”。"),
        (("queue", "--cod", "red"), "没有选项 --cod（可能是：--code）"),
        (("queue", "--limit", "0"), "'--limit' 的值无效：不得小于 1"),
        (("queue", "--code", "purple"), "“purple”不在可选值之列：green, blue, yellow, red"),
    ],
)
def test_a_wrong_call_is_told_in_chinese_too(call: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = told("zh", *call, home=tmp_path)
    assert done.returncode == 2
    assert f"错误：{said}" in done.stderr
    assert "查看帮助：riskcode" in done.stderr


def test_the_version_is_that_of_the_repository(tmp_path: Path) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert told("en", "--version", home=tmp_path).stdout == f"riskcode {project['version']}\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("riskcode pl", "plan"), ("riskcode plan mo", "month"), ("riskcode queue --di", "--district")],
)
def test_a_shell_completes_commands_and_options_of_whatever_is_loaded_later(
    typed: str, said: str, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "RISKCODE_HOME": str(tmp_path),
        "_RISKCODE_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    done = subprocess.run(
        [REPOSITORY / "riskcode"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [said]


def test_a_language_nobody_speaks_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    done = told("tlh", "demo", "write", str(tmp_path / "city"), home=tmp_path)
    assert done.returncode == 2
    assert "languages: en, zh" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_recognised_in_a_wrong_call_has_words() -> None:
    words = Words("zh")
    assert [sentence for sentence in MISTAKES if words(sentence) == sentence] == []
