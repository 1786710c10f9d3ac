"""Pipenv: a Pipfile with comments, a flat package, unittest."""

FILES = {
    "Pipfile": """\
[[source]]
url = "https://packages.example.org/simple"
verify_ssl = true
name = "main"

[packages]
requests = "*"   # talks to the chat
numpy = "~=2.1"

[dev-packages]
pytest = "*"

[requires]
python_version = "3.12"

[scripts]
bot = "python -m ticketbot"
""",
    "README.md": "# ticketbot\n\nAnswers tickets.\n",
    "ticketbot/__init__.py": "",
    "ticketbot/answer.py": "def answer(text):\n    return 'Thanks for: ' + text\n",
    "tests/test_answer.py": (
        "from ticketbot.answer import answer\n\n\ndef test_answer():\n    assert answer('x') == 'Thanks for: x'\n"
    ),
}
