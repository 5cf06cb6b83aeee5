"""Prints the table whose model has the digest in many-machines.sha256, by whole numbers alone.

The digest was printed by `anomalyze fit table.csv --key tx_id --engine local --detector
'{kind: isolation_forest, n_estimators: 25, contamination: 0.013, random_state: 3}' --out model`, built for baseline x86-64 without
optimisation. A change of it means that models differ from those of earlier versions: say so in the changelog.
"""
print("tx_id,a,b,c")
for row in range(3_000):
    a, b = row * 7_919 % 3_001, row * 104_729 % 2_999
    print(f"tx{row},{a},{b / 8!r},{a * b % 97}")
