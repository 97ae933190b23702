#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Growth of income between the two waves, by region."""
import csv
from collections import defaultdict

incomes = defaultdict(dict)
with open("data/clean.csv", newline="") as source:
    for row in csv.DictReader(source):
        incomes[row["id"], row["region"]][row["wave"]] = float(row["income"])

growth = defaultdict(list)
for (_, region), waves in incomes.items():
    if {"1", "2"} <= waves.keys():
        growth[region].append(waves["2"] / waves["1"] - 1)

with open("data/growth.csv", "w", newline="") as target:
    writer = csv.writer(target)
    writer.writerow(["region", "n", "growth"])
    for region, values in sorted(growth.items()):
        writer.writerow([region, len(values), round(sum(values) / len(values), 4)])
