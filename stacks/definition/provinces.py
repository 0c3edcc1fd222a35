"""The 38 provinces of Indonesia by the code that definitions use: a small-letter name, so that groups never split.

Names as in the Ministry of Home Affairs' code table of 2022 (after the four new provinces of Papua).
"""

from __future__ import annotations

PROVINCES = {
    "aceh": "Aceh",
    "sumatera-utara": "Sumatera Utara",
    "sumatera-barat": "Sumatera Barat",
    "riau": "Riau",
    "jambi": "Jambi",
    "sumatera-selatan": "Sumatera Selatan",
    "bengkulu": "Bengkulu",
    "lampung": "Lampung",
    "kepulauan-bangka-belitung": "Kepulauan Bangka Belitung",
    "kepulauan-riau": "Kepulauan Riau",
    "dki-jakarta": "DKI Jakarta",
    "jawa-barat": "Jawa Barat",
    "jawa-tengah": "Jawa Tengah",
    "di-yogyakarta": "DI Yogyakarta",
    "jawa-timur": "Jawa Timur",
    "banten": "Banten",
    "bali": "Bali",
    "nusa-tenggara-barat": "Nusa Tenggara Barat",
    "nusa-tenggara-timur": "Nusa Tenggara Timur",
    "kalimantan-barat": "Kalimantan Barat",
    "kalimantan-tengah": "Kalimantan Tengah",
    "kalimantan-selatan": "Kalimantan Selatan",
    "kalimantan-timur": "Kalimantan Timur",
    "kalimantan-utara": "Kalimantan Utara",
    "sulawesi-utara": "Sulawesi Utara",
    "sulawesi-tengah": "Sulawesi Tengah",
    "sulawesi-selatan": "Sulawesi Selatan",
    "sulawesi-tenggara": "Sulawesi Tenggara",
    "gorontalo": "Gorontalo",
    "sulawesi-barat": "Sulawesi Barat",
    "maluku": "Maluku",
    "maluku-utara": "Maluku Utara",
    "papua": "Papua",
    "papua-barat": "Papua Barat",
    "papua-selatan": "Papua Selatan",
    "papua-tengah": "Papua Tengah",
    "papua-pegunungan": "Papua Pegunungan",
    "papua-barat-daya": "Papua Barat Daya",
}
