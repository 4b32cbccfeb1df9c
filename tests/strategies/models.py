"""Models of inputs, one for each thing that pydantic can ask for, with the smallest input of each.

A row is a type, the smallest input that it accepts, and the fields for which an input can be refused.
"""

import enum
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Optional, Union
from uuid import UUID

from pydantic import (
    UUID5,
    AfterValidator,
    AliasChoices,
    AliasPath,
    AwareDatetime,
    Base64Bytes,
    Base64UrlStr,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    FutureDate,
    HttpUrl,
    Json,
    NaiveDatetime,
    PastDate,
    PastDatetime,
    RootModel,
    SecretStr,
    StringConstraints,
    Tag,
    TypeAdapter,
    WithJsonSchema,
    conlist,
    constr,
    field_validator,
    model_validator,
)
from typing_extensions import NotRequired, TypedDict


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"
    SKY = "sky-blue"


class Size(enum.IntEnum):
    LARGE = 30
    SMALL = 7


class Publish(BaseModel):
    ids: list[str] = Field(min_length=1, max_length=10_000)
    at: int = 0


class Numbers(BaseModel):
    above: int = Field(gt=3)
    below: int = Field(le=-3, ge=-9)
    steps: int = Field(multiple_of=7, gt=0)
    share: float = Field(gt=0, lt=1)
    tenths: float = Field(multiple_of=0.1, ge=0.05, le=2)
    any: float


class Texts(BaseModel):
    short: str = Field(min_length=2, max_length=4)
    code: str = Field(pattern=r"^[A-Z]{2}-\d{2}$")
    inside: str = Field(pattern="x+y")
    word: Annotated[str, StringConstraints(pattern=r"^[a-z]+$", min_length=12, max_length=20)]
    con: constr(min_length=1, to_upper=True)
    trimmed: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Choices(BaseModel):
    mode: Literal["fast", "slow", 3, None]  # noqa: PYI061 - both spellings are in use
    colour: Colour
    size: Size
    maybe: Optional[int]  # noqa: UP045 - see above
    either: Union[list[int], int, str]  # noqa: UP007 - see above
    flag: bool


class Defaults(BaseModel):
    a: int = 3
    b: list[str] = []
    c: dict[str, int] = Field(default_factory=dict)
    d: str | None = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    barks: bool = True


class Pet(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")
    others: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = []


class Plain(BaseModel):
    text: str


class Numbered(BaseModel):
    number: int


def told_by(value):
    """Say which model an object is for."""
    return "plain" if "text" in value else "numbered"


class Told(BaseModel):
    part: Annotated[
        Annotated[Plain, Tag("plain")] | Annotated[Numbered, Tag("numbered")], Discriminator(told_by)
    ]


class Tree(BaseModel):
    name: str
    children: list["Tree"] = []


class Chain(BaseModel):
    link: "Link"


class Link(BaseModel):
    chain: Chain | None


class Forest(BaseModel):
    trees: list[Tree] = Field(min_length=1)
    by_name: dict[str, Tree] = {}


class Dates(BaseModel):
    day: date
    at: datetime
    aware: AwareDatetime
    hour: time
    wait: timedelta
    born: PastDate
    due: FutureDate
    year: Annotated[date, Field(ge=date(2024, 2, 3), lt=date(2025, 1, 1))]
    later: Annotated[datetime, Field(gt=datetime(2024, 2, 3, 4, 5, tzinfo=timezone.utc))]
    soon: Annotated[timedelta, Field(gt=timedelta(seconds=90))]


class Zones(BaseModel):
    naive: NaiveDatetime
    local: Annotated[datetime, Field(ge=datetime(2024, 2, 3), lt=datetime(2024, 2, 4))]  # noqa: DTZ001 - on purpose
    ahead: Annotated[datetime, Field(ge=datetime(2024, 2, 3, tzinfo=timezone(timedelta(hours=2))))]
    office: Annotated[time, Field(ge=time(9), le=time(17, 30))]
    born: PastDatetime


class Formats(BaseModel):
    id: UUID
    of_five: UUID5
    url: HttpUrl
    v4: IPv4Address
    v6: IPv6Address
    path: Path
    secret: SecretStr = Field(min_length=3)
    raw: bytes
    price: Decimal = Field(max_digits=6, decimal_places=2, gt=1)
    json_list: Json[list[int]]


class Finer(BaseModel):
    rate: Annotated[Decimal, Field(gt=0, lt=Decimal("0.001"))]
    step: Annotated[Decimal, Field(multiple_of=Decimal("0.05"))]
    halves: Annotated[int | float, Field(multiple_of=0.5, gt=0)]
    wave: complex
    exact: Annotated[float, Field(ge=1.5, le=1.5)]


class Bytes(BaseModel):
    few: bytes = Field(max_length=3)
    encoded: Base64Bytes
    text: Base64UrlStr
    hex: Annotated[str, AfterValidator(bytes.fromhex)]


class Patterns(BaseModel):
    words: str = Field(pattern=r"^\w{2,5}$")
    exact: str = Field(pattern=r"^[a-z]{3}$", min_length=2)
    open: str = Field(pattern=r"^[a-z]{2,}$", max_length=9)
    group: str = Field(pattern=r"^(?<first>a)b\z")
    never: str | None = Field(pattern="^[a-z]{3}$", max_length=2)
    long: str = Field(min_length=300, max_length=301)
    greek: str | None = Field(pattern=r"^\p{Greek}$")


class Own(BaseModel):
    """Schemas that are written by hand may say what pydantic itself does not."""

    both: Annotated[int, WithJsonSchema({"allOf": [{"type": "integer"}, {"minimum": 3}]})]
    either: Annotated[Any, WithJsonSchema({"type": ["string", "null"]})]
    any: Annotated[Any, WithJsonSchema({"type": "unheard-of"})]
    free: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
    even: Annotated[int, WithJsonSchema({"type": "integer", "multipleOf": 2.5, "minimum": 1})]
    all: Annotated[list[Any], WithJsonSchema({"type": "array", "items": True})]
    none: Annotated[list[Any], WithJsonSchema({"type": "array", "items": False})]
    missing: Annotated[
        dict[str, Any], WithJsonSchema({"type": "object", "properties": {}, "required": ["x"]})
    ]
    marked: Annotated[
        dict[str, Any],
        WithJsonSchema({"type": "object", "patternProperties": {"^x-[a-z]$": {"type": "null"}}}),
    ]


class Containers(BaseModel):
    pair: tuple[int, str]
    many: tuple[bool, ...]
    unique: set[int] = Field(min_length=2)
    frozen: frozenset[str]
    queue: deque[int]
    sequence: Sequence[int]
    mapping: Mapping[str, bool]
    ordered: OrderedDict[str, int]
    counted: Counter[str]
    three: conlist(int, min_length=3, max_length=3)


class Keys(BaseModel):
    by_number: dict[int, str] = Field(min_length=1)
    by_colour: dict[Colour, int] = Field(min_length=1)
    by_id: dict[UUID, int] = Field(min_length=1)
    by_word: dict[Annotated[str, Field(pattern="^[a-z]{3}$")], int] = Field(min_length=1)
    by_flag: dict[Literal["on", "off"], int] = Field(min_length=1, max_length=2)
    free: dict[str, Any]


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclass
class Box:
    width: int
    label: str = "box"


class Row(TypedDict):
    sku: str
    price: NotRequired[int]


class Limits(BaseModel):
    words: Literal["a", "b"] | int | list[int]
    mixed: Colour | bool
    anything: set = Field(min_length=1)
    nothing: tuple[()]
    empty: list[int] = Field(max_length=0)
    no_keys: dict[str, int] = Field(max_length=0)
    one_key: dict[str, int] = Field(min_length=1, max_length=1)
    whole: Annotated[tuple[int, ...], Field(min_length=2, max_length=3)]


class Nested(BaseModel):
    point: Point
    box: Box
    row: Row
    deep: list[dict[str, list[Row]]] = Field(min_length=1)


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    only: int


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]
    named: int


class Aliased(BaseModel):
    own: int = Field(alias="theirName")
    other: str = Field(validation_alias="other-name")


class Callback(BaseModel):
    name: str
    call: Callable[[], int] | None = None


class Anything(BaseModel):
    value: Any
    values: list[Any]


class Sorted(BaseModel):
    ids: list[int]
    low: int
    high: int

    @field_validator("ids")
    @classmethod
    def check_order(cls, value):
        """Refuse what is not in order."""
        if value != sorted(value):
            raise ValueError("must be in order")
        return value

    @model_validator(mode="after")
    def check_range(self):
        """Refuse a range that is none."""
        assert self.low < self.high, "low must be below high"
        return self


def check_even(value):
    """Refuse odd numbers."""
    if value % 2:
        raise ValueError("must be even")
    return value


class Even(BaseModel):
    number: Annotated[int, AfterValidator(check_even), Field(gt=0)]


class Long(BaseModel):
    text: str = Field(min_length=5_000)
    items: list[int] = Field(min_length=1_000)


class Paths(BaseModel):
    place: int = Field(validation_alias=AliasPath("inner", "place"), default=0)
    either: int = Field(validation_alias=AliasChoices("this", "that"))


class Impossible(BaseModel):
    text: str = Field(min_length=3, max_length=2, default="")
    number: float = Field(gt=1, lt=1, default=0)
    whole: int = Field(gt=1, lt=2, default=0)
    words: list[str] = Field(min_length=3, max_length=2, default=[])


class Empty(BaseModel):
    pass


class Names(RootModel[dict[str, int]]):
    pass


SMALLEST = {
    "publish": (Publish, {"ids": [""]}),
    "numbers": (Numbers, {"above": 4, "below": -3, "steps": 7, "share": 0.5, "tenths": 0.1, "any": 0}),
    "texts": (
        Texts,
        {
            "short": "00",
            "code": "AA-00",
            "inside": "xy",
            "word": "a" * 12,
            "con": "0",
            "trimmed": "0",
        },
    ),
    "choices": (Choices, {"mode": 3, "colour": "red", "size": 7, "maybe": None, "either": 0, "flag": False}),
    "defaults": (Defaults, {}),
    "pet": (Pet, {"pet": {"kind": "dog"}}),
    "told": (Told, {"part": {"text": ""}}),
    "tree": (Tree, {"name": ""}),
    "chain": (Chain, {"link": {"chain": None}}),
    "forest": (Forest, {"trees": [{"name": ""}]}),
    "dates": (
        Dates,
        {
            "day": "2000-01-01",
            "at": "2000-01-01T00:00:00",
            "aware": "2000-01-01T00:00:00Z",
            "hour": "00:00:00",
            "wait": "PT0S",
            "born": "1999-12-31",
            "due": "3000-01-01",
            "year": "2024-02-03",
            "later": "2024-02-03T04:05:00.001Z",
            "soon": "PT90.001S",
        },
    ),
    "zones": (
        Zones,
        {
            "naive": "2000-01-01T00:00:00",
            "local": "2024-02-03T00:00:00",
            "ahead": "2024-02-02T22:00:00Z",
            "office": "09:00:00",
            "born": "1999-12-30T23:59:59",
        },
    ),
    "finer": (
        Finer,
        {"rate": "0.0001", "step": 0, "halves": 1, "wave": "0+0j", "exact": 1.5},
    ),
    "bytes": (Bytes, {"few": "", "encoded": "", "text": "", "hex": ""}),
    "patterns": (
        Patterns,
        {
            "words": "00",
            "exact": "aaa",
            "open": "aa",
            "group": "ab",
            "never": None,
            "long": "0" * 300,
            "greek": None,
        },
    ),
    "own": (
        Own,
        {
            "both": 3,
            "either": None,
            "any": None,
            "free": {},
            "even": 5,
            "all": [],
            "none": [],
            "missing": {"x": None},
            "marked": {},
        },
    ),
    "formats": (
        Formats,
        {
            "id": "00000000-0000-4000-8000-000000000000",
            "of_five": "00000000-0000-5000-8000-000000000000",
            "url": "http://a.com",
            "v4": "0.0.0.0",  # noqa: S104 - nobody listens there
            "v6": "0:0:0:0:0:0:0:0",
            "path": "a",
            "secret": "000",
            "raw": "",
            "price": "1.01",
            "json_list": "[]",
        },
    ),
    "containers": (
        Containers,
        {
            "pair": [0, ""],
            "many": [],
            "unique": [0, 1],
            "frozen": [],
            "queue": [],
            "sequence": [],
            "mapping": {},
            "ordered": {},
            "counted": {},
            "three": [0, 0, 0],
        },
    ),
    "keys": (
        Keys,
        {
            "by_number": {"0": ""},
            "by_colour": {"red": 0},
            "by_id": {"00000000-0000-4000-8000-000000000000": 0},
            "by_word": {"aaa": 0},
            "by_flag": {"on": 0},
            "free": {},
        },
    ),
    "limits": (
        Limits,
        {
            "words": 0,
            "mixed": False,
            "anything": [None],
            "nothing": [],
            "empty": [],
            "no_keys": {},
            "one_key": {"": 0},
            "whole": [0, 0],
        },
    ),
    "nested": (
        Nested,
        {"point": [0], "box": {"width": 0}, "row": {"sku": ""}, "deep": [{}]},
    ),
    "closed": (Closed, {"only": 0}),
    "open": (Open, {"named": 0}),
    "aliased": (Aliased, {"theirName": 0, "other-name": ""}),
    "paths": (Paths, {"this": 0}),
    "callback": (Callback, {"name": ""}),
    "anything": (Anything, {"value": None, "values": []}),
    "sorted": (Sorted, {"ids": [], "low": 0, "high": 1}),
    "even": (Even, {"number": 2}),
    "long": (Long, {"text": "0" * 5_000, "items": [0] * 1_000}),
    "impossible": (Impossible, {}),
    "empty": (Empty, {}),
    "names": (Names, {}),
    "typed_dict": (Row, {"sku": ""}),
    "plain_dict": (dict[str, int], {}),
    "any_dict": (dict, {}),
    "union": (Plain | Numbered, {"text": ""}),
    "adapter": (TypeAdapter(Annotated[Cat | Dog, Field(discriminator="kind")]), {"kind": "dog"}),
    "dataclass": (Box, {"width": 0}),
}
