"""Optimises a copy of the embedded store's shard: `python -m ..._optimize FOLDER`."""

import sys

import qdrant_edge


def main(folder: str) -> None:
    """Merge segments and build vector indexes, which takes a second per 2,000 chunks."""
    shard = qdrant_edge.EdgeShard.load(folder)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    main(sys.argv[1])
