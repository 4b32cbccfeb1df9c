"""Trees: references and unions of a schema, and that they end."""

from tasksim.strategies._trees import Trees

LEAF = {"type": "object", "properties": {"name": {"type": "string"}}}
LIST = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/List"}}, {"type": "null"}]}


def test_union_of_itself_ends():
    """What leads back to itself without anything between adds nothing."""
    trees = Trees({"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, LEAF]}}})
    assert trees.objects() == [LEAF]


def test_depth_grows_with_what_holds_itself():
    """How deep to go is told by how many schemas hold themselves; others do not count."""
    assert Trees(LEAF).depth == 1
    trees = Trees({"$ref": "#/$defs/List", "$defs": {"List": LIST, "Leaf": LEAF}})
    assert trees.depth == 3
    assert trees.is_recursive("#/$defs/List")
    assert not trees.is_recursive("#/$defs/Leaf")


def test_names_of_references_are_read_as_json_pointers():
    """A name that holds a slash or a tilde is found by its escaped form."""
    trees = Trees({"$ref": "#/$defs/a~1b~0c", "$defs": {"a/b~c": LEAF}})
    assert trees.objects() == [LEAF]
