"""DICOM in: frozen studies, their sources, their pixels."""
