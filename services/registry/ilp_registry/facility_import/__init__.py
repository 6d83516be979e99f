"""Import of pustu and posyandu from CSV files, by the command line."""
