#!/usr/bin/env bash
# Trains and evaluates every small preset on PTB-XL with three seeds, and carries them to other hospitals: docs/results.md.
#
#   scripts/presets_on_ptbxl.sh path/to/ptb-xl path/to/challenge path/to/work    # about two hours on 2 cores; run again to continue
#   python scripts/results_table.py path/to/work                                 # the tables
#
# Folds 1-7 train, 8 validation, 9 test. Two runs go side by side on one thread each. Finished runs are not repeated.
set -euo pipefail
data=$1 challenge=$2 work=$3
presets="classifier-small truth-small jaccard-small siglip-small paper-small"
export OMP_NUM_THREADS=1
for vocabulary in ptbxl71 paper26; do
  store=$work/$vocabulary
  [ -e "$store/manifest.json" ] || jaccardio ingest "$data" "$store" --corpus ptbxl --vocabulary "$vocabulary" --fs 100
  [ -e "$store/split.json" ] || jaccardio split "$store" --validation-fold 8 --test-fold 9
done
away=$work/away
if [ ! -e "$away/challenge/manifest.json" ]; then
  jaccardio ingest "$challenge" "$away/challenge" --corpus challenge --vocabulary paper26 --fs 100
fi
if [ ! -e "$away/simulated/manifest.json" ]; then
  jaccardio synth "$away/hospitals" --records 3000 --sites 2 --seed 0
  jaccardio ingest "$away/hospitals/site-b" "$away/simulated" --corpus manifest --patient-key "$away/patient.key" --fs 100
fi
one() {
  work=$1 vocabulary=$2 preset=$3 seed=$4 run=$work/runs/$vocabulary/$preset-$seed report=$work/reports/$vocabulary/$preset-$seed
  jaccardio train --preset "$preset" --set "training.seed=$seed" --store "$work/$vocabulary" --out "$run" --resume
  [ -e "$report/metrics.json" ] || jaccardio evaluate "$run" --store "$work/$vocabulary" --part test --out "$report"
  if [ "$vocabulary" = paper26 ]; then
    for hospital in challenge simulated; do
      out=$work/reports/$hospital/$preset-$seed
      [ -e "$out/metrics.json" ] || jaccardio evaluate "$run" --store "$work/away/$hospital" --part all --out "$out"
    done
  fi
}
export -f one
for vocabulary in ptbxl71 paper26; do
  for seed in 0 1 2; do
    for preset in $presets; do echo "$work $vocabulary $preset $seed"; done
  done
done | xargs -P 2 -L 1 bash -c 'one "$@"' _
