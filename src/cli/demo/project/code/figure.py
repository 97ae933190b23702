"""Nitrate over time, a line for each station."""
import csv
from datetime import date
from pathlib import Path

import matplotlib.pyplot as plt

series = {}
for path in sorted(Path("data").glob("*.csv")):
    with path.open(newline="") as source:
        for row in csv.DictReader(source):
            series.setdefault(row["station"], []).append((date.fromisoformat(row["date"]), float(row["nitrate"])))

for station, points in series.items():
    plt.plot(*zip(*sorted(points)), label=station)
plt.legend()
plt.ylabel("nitrate")
plt.savefig("results/nitrate.png", dpi=200)
