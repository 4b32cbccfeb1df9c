"""camelCase as lodash 4 understands it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim._model.camel_case import camel_case, is_camel_case

# What lodash 4.17.21 gives.
PAIRS = {
    "": "",
    " -_.": "",
    "task": "task",
    "myCustomTask": "myCustomTask",
    "my-task": "myTask",
    "my_task": "myTask",
    "my task": "myTask",
    "__FOO_BAR__": "fooBar",
    "MyTask": "myTask",
    "myTASK": "myTask",
    "TASK": "task",
    "myXMLFile": "myXmlFile",
    "XMLHttpRequest": "xmlHttpRequest",
    "aB": "aB",
    "AB": "ab",
    "ABc": "aBc",
    "myTask1": "myTask1",
    "task1a": "task1A",
    "task1A": "task1A",
    "1task": "1Task",
    "12": "12",
    "task1st": "task1st",
    "task2nd": "task2nd",
    "task3rdParty": "task3rdParty",
    "task4th": "task4th",
    "task1th": "task1Th",
    "task12th": "task12Th",
    "task14th": "task14th",
    "task21ST": "task21st",
    "task1stx": "task1Stx",
    "don't stop": "dontStop",
    "don\N{RIGHT SINGLE QUOTATION MARK}t": "dont",
    "dÃ©jà Vu": "dAJaVu",
    "déjà vu": "dejaVu",
    "de\u0301ja\u0300 vu": "dejaVu",
    "straße": "strasse",
    "Ærøskøbing": "aeroskobing",
    "ÞÓRR": "thOrr",
    "ÐÆŒ": "dAeOe",
    "Łódź": "lodz",
    "Ĳssel ŉ ŀ": "iJsselNL",
    "\u0131\u017fĸ": "isk",
    "2\u00d73": "23",
    "лип": "лип",
    "Лип": "лип",
    "мойЛип": "мойлип",
    "my лип": "myЛип",
    "myлип": "myлип",
    "лип1": "лип1",
    "липTask": "липTask",
    "任务taskTwo": "任务taskTwo",
    "λ→task": "λ→task",
    "a\u3000b\ufeffc": "aBC",
    "\u01c6 \u01c6": "\u01c6\u01c4",
    "task😀two": "task😀Two",
    "✂task": "✂Task",
    "a👨🏽\u200d👩\ufe0fb": "a👨🏽\u200d👩\ufe0fB",
    "a 😀\u200db": "a😀\u200dB",
    "🇩🇪🇩🇪x": "🇩🇪🇩🇪X",
    "a\ud83dB": "aB",
    "𐐀𐐀": "𐐨𐐀",
}


@pytest.mark.parametrize(("text", "expected"), PAIRS.items(), ids=ascii)
def test_camel_case(text, expected):
    """Each text becomes what lodash makes of it."""
    assert camel_case(text) == expected


@pytest.mark.parametrize("text", PAIRS, ids=ascii)
def test_is_camel_case(text):
    """A text is camelCase if it stays as it is and is not empty."""
    assert is_camel_case(text) is (text != "" and PAIRS[text] == text)


@given(st.from_regex(r"[a-z]+([A-Z][a-z]+)*", fullmatch=True))
def test_plain_words_stay(text):
    """Lower words joined by single capitals are camelCase."""
    assert is_camel_case(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x7F)))
def test_only_letters_and_digits_remain(text):
    """Of ASCII text nothing but letters and digits remains, in their order, whatever their case."""
    kept = "".join(filter(str.isalnum, text))
    assert camel_case(text).lower() == kept.lower()
