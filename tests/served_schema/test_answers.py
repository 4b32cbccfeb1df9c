"""The oracle that tells whether an answer fits its schema finds each way in which one may not."""

import pytest
from graphql import build_schema
from served_schema_answers import Misfit, check_answer

SCHEMA = build_schema("""
scalar JSON
scalar Number
scalar DateTime
enum Colour { RED BLUE }
type Query { things(first: Int): [Thing!] thing: Thing! maybe: Thing text: String }
type Mutation { remove: Boolean }
type Thing {
  id: ID! size: Int weight: Number at: DateTime any: JSON colour: Colour other: Thing names: [String!]
}
""")
NOW = "2024-01-01T00:00:00.000Z"
PLACE = {"message": "No.", "path": ["maybe", "other"]}

RIGHT = [
    ("{ text }", {"data": {"text": None}}),
    ("{ t: text __typename }", {"data": {"t": "x", "__typename": "Query"}}),
    ("mutation { remove }", {"data": {"remove": True}}),
    ("{ thing { id ...F } } fragment F on Thing { id size }", {"data": {"thing": {"id": "a", "size": 1}}}),
    ("{ thing { ... on Thing { size } ... { id } } }", {"data": {"thing": {"size": 1.0, "id": "a"}}}),
    ("{ things { id } }", {"data": {"things": [{"id": "a"}, {"id": "b"}]}}),
    (
        "{ maybe { at any colour weight } }",
        {"data": {"maybe": {"at": NOW, "any": [{}], "colour": "RED", "weight": 0.5}}},
    ),
    ("{ maybe { other { id } } }", {"data": {"maybe": {"other": None}}, "errors": [PLACE]}),
    ("{ maybe { other { id } } }", {"data": {"maybe": None}, "errors": [PLACE]}),
    ("{ nope }", {"errors": [{"message": "No.", "locations": [{"line": 1, "column": 3}]}]}),
]


@pytest.mark.parametrize(("document", "answer"), RIGHT)
def test_right_answers(document, answer):
    """An answer that the schema allows is none that it finds."""
    check_answer(SCHEMA, document, answer)


WRONG = [
    ("{ text }", {}),
    ("{ text }", []),
    ("{ text }", {"data": {"text": "x"}, "more": 1}),
    ("{ text }", {"data": None}),
    ("{ text }", {"data": {}}),
    ("{ text }", {"data": {"text": "x", "more": "y"}}),
    ("{ t: text }", {"data": {"text": "x"}}),
    ("{ text things { id } }", {"data": {"things": [], "text": "x"}}),
    ("{ text }", {"data": {"text": 5}}),
    ("{ __typename }", {"data": {"__typename": "Root"}}),
    ("{ thing { id } }", {"data": {"thing": None}}),
    ("{ thing { id } }", {"data": {"thing": "x"}}),
    ("{ thing { id } }", {"data": {"thing": {"id": None}}}),
    ("{ thing { size } }", {"data": {"thing": {"size": True}}}),
    ("{ thing { size } }", {"data": {"thing": {"size": 2**31}}}),
    ("{ thing { size } }", {"data": {"thing": {"size": 1.5}}}),
    ("{ thing { weight } }", {"data": {"thing": {"weight": "1"}}}),
    ("{ thing { weight } }", {"data": {"thing": {"weight": float("inf")}}}),
    ("{ thing { at } }", {"data": {"thing": {"at": "2024-01-01"}}}),
    ("{ thing { any } }", {"data": {"thing": {"any": {1: 2}}}}),
    ("{ thing { colour } }", {"data": {"thing": {"colour": "GREEN"}}}),
    ("{ thing { names } }", {"data": {"thing": {"names": ["a", None]}}}),
    ("{ things { id } }", {"data": {"things": {"id": "a"}}}),
    ("{ things { id } }", {"data": {"things": [None]}}),
    ("{ nope }", {"errors": []}),
    ("{ nope }", {"errors": ["No."]}),
    ("{ nope }", {"errors": [{"message": ""}]}),
    ("{ nope }", {"errors": [{"message": "No.", "stack": "x"}]}),
    ("{ nope }", {"errors": [{"message": "No.", "extensions": {"at": {1}}}]}),
    ("{ text }", {"data": {"text": None}, "errors": [{"message": "No."}]}),
    ("{ text }", {"data": {"text": "x"}, "errors": [{"message": "No.", "path": ["text"]}]}),
    ("{ text }", {"data": {"text": None}, "errors": [{"message": "No.", "path": ["nope"]}]}),
]


@pytest.mark.parametrize(("document", "answer"), WRONG)
def test_wrong_answers(document, answer):
    """An answer that the schema does not allow is found."""
    with pytest.raises(Misfit):
        check_answer(SCHEMA, document, answer)
