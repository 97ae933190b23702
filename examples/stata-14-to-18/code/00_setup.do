* Settings for all do-files: run_all.do runs this first
version 14
clear all
set mem 500m
set matsize 800
set more off

global raw     "data/raw"
global work    "data/work"
global tables  "output/tables"
global figures "output/figures"

capture mkdir "$work"
capture mkdir "output"
capture mkdir "$tables"
capture mkdir "$figures"
