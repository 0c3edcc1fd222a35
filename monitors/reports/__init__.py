"""Reports a ministry reads and signs: the ledger's figures as PDF, XLSX, CSV and HTML.

``gather.py`` reads the ledger into ``ReportData`` (``data.py``), ``compose.py`` writes that as a ``Document`` of
headings, tables and pictures in one language (``document.py``), and one file for each format lays the document out. So
all formats say the same, and the same data gives the same bytes.
"""
