"""HCL: what its texts mean, and where reading stops."""

from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.templates.hcl import NotKnown, evaluate, parse

VALUES: dict[str, Any] = {"a": 7, "m": {"x": 1, "y": 2}, "l": ["p", "q"], "on": True}


class Names:
    """Knows `var`, and one function that reads a file."""

    def named(self, name: str) -> Any:
        if name != "var":
            raise NotKnown(f"there is no {name}")
        return VALUES

    def call(self, name: str, arguments: list[Any]) -> Any:
        if name != "file":
            raise NotKnown(f"there is no function {name}")
        return f"<{arguments[0]}>"


def value(text: str) -> Any:
    return evaluate(parse(f"a = {text}\n", "main.tf").attributes["a"].expression, Names())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - -4 % 3", 8),
        ("(1 + 2) * 3 / 2", 4.5),
        ("1e3", 1000),
        ("!var.on || var.a >= 7 && 1 != 2", True),
        ('"1" == 1', False),
        ("true == 1", False),
        ("null", None),
        ('var.a == 7 ? "y" : nobody.knows', "y"),
        ("(\n  var.a == 8\n  ? 1\n  : 2\n)", 2),
        ('"x${var.a}y"', "x7y"),
        ('"${var.m}"', {"x": 1, "y": 2}),
        ('"a\\n\\t\\"\\\\\\u00e9"', 'a\n\t"\\é'),
        ('"$${var.a} %%{if} 5% $5"', "${var.a} %{if} 5% $5"),
        ('"%{ if var.on }yes%{ else }no%{ endif }"', "yes"),
        ('"%{ if !var.on }yes%{ endif }"', ""),
        ('"%{ for k, v in var.m }${k}${v};%{ endfor }"', "x1;y2;"),
        ('"a ${~ var.a ~} b"', "a7b"),
        ('<<EOT\n  a ${var.a}\n    "b"\nEOT', '  a 7\n    "b"\n'),
        ("<<-EOT\n    a\n\n      b\n    EOT", "a\n\n  b\n"),
        ("[1, [2],\n 3,\n]", [1, [2], 3]),
        ('{ a = 1, "b" : 2\n (var.l[0]) = 3\n # no\n}', {"a": 1, "b": 2, "p": 3}),
        ("{ a = 1\n  b = 2 }", {"a": 1, "b": 2}),
        ("var.l[*]", ["p", "q"]),
        ('[{ n = { k = 1 } }, { n = { k = 2 } }][*].n["k"]', [1, 2]),
        ("[{ k = 1 }].*.k", [1]),
        ("null[*]", []),
        ("var.m[*].x", [1]),
        ("var.l.1", "q"),
        ('[for v in var.l : upper(v) if v != "p"]', ["Q"]),
        ("[for i, v in var.l : i]", [0, 1]),
        ("{ for k, v in var.m : k => v + 1 }", {"x": 2, "y": 3}),
        ('{ for v in ["aa", "ab", "b"] : substr(v, 0, 1) => v... }', {"a": ["aa", "ab"], "b": ["b"]}),
        ("max(var.m.x, [5, 4]...)", 5),
        ('file("x")', "<x>"),
        ("1 /* a\n b */ + 2 // c", 3),
    ],
)
def test_expressions(text: str, expected: Any) -> None:
    """As Terraform works them out."""
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('jsonencode({ b = "<&>", a = [1, true, null] })', '{"a":[1,true,null],"b":"\\u003c\\u0026\\u003e"}'),
        ('jsondecode("[1]")', [1]),
        ('yamldecode("a: 1")', {"a": 1}),
        ('format("%s-%03d %5.1f %q %v%%", "a", 5, 1.25, "b", true)', 'a-005   1.2 "b" true%'),
        ('format("%-4s|", "a")', "a   |"),
        ('formatlist("%s=%s", ["a", "b"], 1)', ["a=1", "b=1"]),
        ('replace("a.b", "/[.]/", "-")', "a-b"),
        ('replace("a.b", ".", "-")', "a-b"),
        ('regex("^(\\\\w+)-(\\\\d+)$", "ab-12")', ["ab", "12"]),
        ('regexall("[a-z]", "a1b")', ["a", "b"]),
        ("merge({ a = 1 }, null, { b = 2 })", {"a": 1, "b": 2}),
        ("flatten([[1, [2]], 3])", [1, 2, 3]),
        ('toset(["b", "a", "b"])', ["a", "b"]),
        ("setproduct([1, 2], [3])", [[1, 3], [2, 3]]),
        ('transpose({ a = ["x"], b = ["x"] })', {"x": ["a", "b"]}),
        ('cidrsubnet("10.0.0.0/16", 8, 2)', "10.0.2.0/24"),
        ('cidrsubnets("10.1.0.0/16", 4, 8, 4)', ["10.1.0.0/20", "10.1.16.0/24", "10.1.32.0/20"]),
        ('cidrhost("10.0.0.0/24", 5)', "10.0.0.5"),
        ('lookup({ a = 1 }, "b", 2)', 2),
        ('coalesce(null, "", "x")', "x"),
        ('element(["a", "b"], 3)', "b"),
        ('slice(["a", "b", "c"], 1, 3)', ["b", "c"]),
        ('zipmap(["a"], [1])', {"a": 1}),
        ("try(var.none, 3)", 3),
        ("can(var.none)", False),
        ("can(var.a)", True),
        ('sha256("")', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ('base64decode(base64encode("é"))', "é"),
        ('trimprefix("abc", "a")', "bc"),
        ('tonumber("5")', 5),
        ('chunklist(["a", "b", "c"], 2)', [["a", "b"], ["c"]]),
        ('title("ab cd")', "Ab Cd"),
        ("sum([1, 2.5])", 3.5),
        ('join(",", ["a"], ["b"])', "a,b"),
        ('split(",", "")', [""]),
    ],
)
def test_functions(text: str, expected: Any) -> None:
    """As Terraform's documentation gives them."""
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("var.none", "has no 'none'"),
        ("var.l[5]", "has no 5"),
        ("nobody.knows", "there is no nobody"),
        ("uuid()", "there is no function uuid"),
        ('"${var.l}x"', "no text"),
        ('"a" + 1', "no number"),
        ("1 / 0", "cannot be worked out"),
        ('"a" ? 1 : 2', "neither true nor false"),
        ("slice([1], 0, 5)", "slice("),
        ("[for v in 5 : v]", "no collection"),
        ("concat(5...)", "no list"),
        ('regex("z", "a")', "regex"),
        ('yamldecode("a: [")', "yamldecode"),
    ],
)
def test_what_is_not_known(text: str, said: str) -> None:
    """NotKnown says which and why, and nothing else is raised."""
    with pytest.raises(NotKnown, match=said.replace("(", r"\(")):
        value(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('resource "a" "b" {\n  x = \n}\n', "line 2"),
        ("a = 1 b = 2\n", "line 1, column 7"),
        ('a = "open\n', "line 1, column 5"),
        ("a = <<EOT\n b\n", "line 1"),
        ("a = 1\na = 2\n", "line 2"),
        ("locals {\n", "missing at the end"),
        ("a = [1, 2\n", "']' is expected"),
        ('a = "${1"\n', "'}' is expected"),
        ('a = "%{if true}x"\n', "endif"),
        ('a = "\\q"\n', "no escape sequence"),
        ("a = @\n", "line 1, column 5"),
        ("a = " + "(" * 3000, "nested too deeply"),
        ("5 = 4\n", "a name is expected"),
        ("a {\n", "missing"),
        ("a 5 {}\n", "'=' or a block's '{'"),
    ],
)
def test_where_reading_stops(text: str, place: str) -> None:
    """File, line and column are told."""
    with pytest.raises(ScenarioError, match=r"^main\.tf") as told:
        parse(text, "main.tf")
    assert place in str(told.value)


def test_blocks_and_their_lines() -> None:
    """Labels, nested blocks, one-line blocks, arguments."""
    body = parse('# c\n\nresource "t" n {\n  a = 1\n\n  b { c = 2 }\n}\n', "main.tf")
    (block,) = body.blocks
    assert (block.type, block.labels, block.line, block.body.attributes["a"].line) == (
        "resource",
        ("t", "n"),
        3,
        4,
    )
    (inner,) = block.body.of_type("b")
    assert (inner.line, inner.body.attributes["c"].line) == (6, 6)
