"""`FAMILIES`: findings that are kinds of one thing, for the vocabularies that ship."""

from collections.abc import Mapping

FAMILIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ptbxl71": {
        "fibrillation": ("AFIB", "AFLT"),
        "bundle-branch-block": ("CLBBB", "CRBBB", "IRBBB", "ILBBB", "IVCD"),
        "infarction": (
            *("IMI", "ASMI", "AMI", "ILMI", "ALMI", "LMI", "IPLMI", "IPMI", "PMI"),
            *("INJAS", "INJAL", "INJIN", "INJLA", "INJIL"),
        ),
        "hypertrophy": ("LVH", "VCLVH", "RVH", "SEHYP", "LAO/LAE", "RAO/RAE"),
        "ectopy": ("PVC", "PAC", "BIGU", "TRIGU", "PRC(S)"),
    },
    "paper26": {
        "fibrillation": ("af",),
        "bundle-branch-block": ("clbbb", "crbbb", "ivcd"),
        "infarction": ("anterior_mi", "lateral_mi", "inferior_mi", "anteroseptal_mi", "abnormal_q", "poor_r"),
        "hypertrophy": ("lvh", "lae"),
        "ectopy": ("vpc", "frequent_vpc", "bigeminy", "vt", "couplet"),
    },
}
"""Codes of each family, by vocabulary. Who is told nothing of a family knows no sibling, parent or synonym of its findings."""
