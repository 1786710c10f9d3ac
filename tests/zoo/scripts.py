"""Scripts with a requirements.txt and nothing else, not under git."""

GIT = False
FILES = {
    "requirements.txt": "# pinned by hand\nnumpy>=2  # arrays\nrequests\n-e git+https://example.org/x.git#egg=x\n",
    "train.py": "from utils import clean\n\nif __name__ == '__main__':\n    print(clean(' x '))\n",
    "utils.py": "def clean(text):\n    return text.strip()\n",
    "test_utils.py": "import unittest\n\nfrom utils import clean\n\n\nclass TestClean(unittest.TestCase):\n    def test_clean(self):\n        self.assertEqual(clean(' x '), 'x')\n",
}
