* Everything, in order
version 14
do code/00_setup.do
foreach step in 01_import 02_merge 03_clean 04_describe 05_wage_equation 06_training {
    do code/`step'.do
}
foreach step in 07_bootstrap 08_commuting 09_figures 10_export 11_weights {
    do code/`step'.do
}
