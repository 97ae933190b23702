#!/bin/sh
# Make the table and the figure from the data
set -eu
Rscript code/yearly.R
python3 code/figure.py
