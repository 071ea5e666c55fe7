"""Write docs/replications.md and its pictures from a full run (some minutes): `python
docs/generate_replications.py`."""

from pathlib import Path

from sim.replications import replications
from sim.replications.document import write
from sim.replications.laws import observed

DOCS = Path(__file__).resolve().parent

if __name__ == "__main__":
    played = {}
    for name, replication in replications().items():
        played[name] = (replication, replication.run(True))
        print(name, played[name][1].verdict, flush=True)
    write(DOCS, played, DOCS / "images" / "replications", observed(True))
