"""``./riskcode dev``: page and Data Docs on free ports, both told, both ended."""

import re
import signal
import socket
import time
import urllib.error
import urllib.request

import psutil
import pytest

from pipelines.cli.dev import HERE, free_port
from tests.worlds.runs import process
from warehouse.home import Home


def test_the_usual_port_is_taken_where_it_is_free_and_another_one_where_it_is_not() -> None:
    with socket.socket() as other:
        other.bind((HERE, 0))
        other.listen()
        taken = other.getsockname()[1]
        assert free_port(taken) not in (0, taken)
    assert free_port(taken) == taken


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:
            return page.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.mark.whole
@pytest.mark.slow
def test_page_and_data_docs_answer_where_it_says_and_end_with_it(home: Home) -> None:
    (home.data_docs).mkdir()
    (home.data_docs / "index.html").write_text("checked")
    begun = process(home.root, "-m", "pipelines", "dev", PYTHONUNBUFFERED="1")
    assert begun.stdout is not None
    try:
        told = [re.findall(r"http://\S+", begun.stdout.readline()) for _ in range(2)]
        [[page], [docs]] = told
        assert answers(docs)
        until = time.monotonic() + 120
        while not answers(f"{page}/server_info"):
            assert begun.poll() is None and time.monotonic() < until
            time.sleep(0.5)
        [dagster] = psutil.Process(begun.pid).children()
        assert dagster.environ()["RISKCODE_DATA_DOCS_URL"] == docs
        assert dagster.environ()["DAGSTER_HOME"] == str(home.dagster)
        began = dagster.children(recursive=True)
        assert began
    finally:
        begun.send_signal(signal.SIGINT)
        begun.communicate(timeout=120)
    assert begun.returncode == 0
    assert not answers(docs) and not answers(page)
    psutil.wait_procs([dagster, *began], timeout=10)
    assert [one for one in (dagster, *began) if one.is_running()] == []
