#!/bin/sh
# Make every table from the raw data
set -eu
cd "$(dirname "$0")"
mkdir -p tables
Rscript code/01_import.R
python3 code/02_model.py
stata -b do code/03_tables.do
